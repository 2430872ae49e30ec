#include "bindings/kafka/culprit_search.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

// Commits until the search is over; how many.
int commits_of(CulpritSearch& search) {
  int commits = 0;
  for (; !search.wants_change(); ++commits) search.on_committed();
  search.change();
  return commits;
}

TEST(CulpritSearch, BeginsWhenABatchIsRefused) {
  CulpritSearch search;
  search.on_committed();
  EXPECT_FALSE(search.wants_change());
  EXPECT_FALSE(search.on_refused()) << "which one of the batch it was is not known";
  EXPECT_TRUE(search.wants_change());
  EXPECT_TRUE(search.has_learnt());
  search.change();
  EXPECT_TRUE(search.is_on());
  EXPECT_FALSE(search.wants_change());
}

TEST(CulpritSearch, OneThatIsRefusedAloneIsTheCulprit) {
  CulpritSearch search;
  search.on_refused();
  search.change();
  search.on_begun();
  EXPECT_FALSE(search.has_learnt());
  EXPECT_TRUE(search.on_refused());
  EXPECT_TRUE(search.has_learnt());
  EXPECT_FALSE(search.wants_change()) << "there may be more";
}

TEST(CulpritSearch, EndsWhenNoMoreAreFound) {
  CulpritSearch search;
  search.on_refused();
  search.change();
  search.on_committed();
  search.on_refused();
  EXPECT_EQ(commits_of(search), CulpritSearch::commits_first);
  EXPECT_FALSE(search.is_on());
}

TEST(CulpritSearch, LastsLongerWhereNoneWasFound) {
  CulpritSearch search;
  int expected = CulpritSearch::commits_first;
  for (int i = 0; i < 12; ++i) {
    search.on_refused();
    search.change();
    EXPECT_EQ(commits_of(search), expected) << i;
    expected = std::min(2 * expected, CulpritSearch::commits_most);
  }
  search.on_refused();
  search.change();
  search.on_refused();
  commits_of(search);
  search.on_refused();
  search.change();
  EXPECT_EQ(commits_of(search), CulpritSearch::commits_first) << "one was found meanwhile";
}

TEST(CulpritSearch, LearnsNothingFromMessagesThatAreOthersEachTime) {
  CulpritSearch search;
  for (int i = 0; i < CulpritSearch::in_a_row_max; ++i) {
    search.on_begun();
    search.on_refused();
    search.change();
  }
  EXPECT_FALSE(search.has_learnt());
  search.on_committed();
  search.on_refused();
  EXPECT_TRUE(search.has_learnt());
}

TEST(CulpritSearch, ANewProducerOfTheSameKindChangesNothing) {
  CulpritSearch search;
  search.change();
  EXPECT_FALSE(search.is_on());
}

}  // namespace
}  // namespace penstock::kafka
