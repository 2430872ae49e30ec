#include "bindings/object/object_lister.h"

#include <random>

#include "bindings/sign/digest.h"
#include "bindings/sign/http_date.h"

namespace penstock::object {

ObjectLister::ObjectLister(Scheduler& scheduler, ObjectStore& store, ObjectCatalog& catalog, const ObjectSourceOptions& options, Events events)
    : scheduler_(scheduler),
      store_(store),
      catalog_(catalog),
      options_(options),
      events_(std::move(events)),
      schedule_(Milliseconds(200), Milliseconds(20'000), std::random_device()()) {}

void ObjectLister::start() { begin_walk(); }

void ObjectLister::later(Milliseconds delay, void (ObjectLister::*call)()) {
  later_ = scheduler_.after(delay, [this, call] { (this->*call)(); });
}

void ObjectLister::begin_walk() {
  whole_ = !last_whole_ || scheduler_.now() - *last_whole_ >= options_.poll_all;
  if (whole_) quiet_.begin();
  begun_ = false;
  keys_ = 0;
  token_.clear();
  after_ = options_.start_after;
  if (!whole_) jump();
  next_page();
}

void ObjectLister::jump() {
  if (std::optional<std::string> end = quiet_.end_of(after_)) {
    after_ = *std::move(end);
    token_.clear();
  }
}

void ObjectLister::next_page() {
  if (!catalog_.has_room()) return later(room_interval, &ObjectLister::next_page);
  ObjectRequest request{"GET", "", {{"list-type", "2"}, {"encoding-type", "url"}, {"max-keys", "1000"}}, {}, {}, sign::hex(sign::view(sign::sha256(""))), false, page_bytes_max};
  if (!options_.prefix.empty()) request.query.emplace_back("prefix", options_.prefix);
  if (!token_.empty()) {
    request.query.emplace_back("continuation-token", token_);
  } else if (!after_.empty()) {
    request.query.emplace_back("start-after", after_);
  }
  exchange_ = store_.send(std::move(request), [this](ObjectReply reply) { on_reply(std::move(reply)); });
}

void ObjectLister::on_reply(ObjectReply reply) {
  exchange_.reset();
  if (reply.verdict.answer.outcome != Outcome::delivered) return failed(reply.verdict.answer);
  const std::optional<ListingPage> page = parse_listing(reply.http.body);
  if (!page) {
    Answer answer;
    answer.outcome = Outcome::transient;
    answer.text = "GET " + object_name(store_.place(), options_.prefix) + ": the answer is not a list of objects";
    return failed(answer);
  }
  failures_ = 0;
  if (!begun_) catalog_.begin_walk(server_time(reply.http), whole_);
  begun_ = true;
  take(*page);
  token_ = page->next;
  if (page->next.empty()) return end_walk();
  if (!whole_) jump();
  // Before the next one: it may be all that there is room for.
  events_.on_page();
  next_page();
}

void ObjectLister::take(const ListingPage& page) {
  keys_ += page.objects.size();
  for (const ListedObject& object : page.objects) {
    after_ = object.key;
    const bool news = options_.takes(object) && catalog_.offer(object);
    if (whole_) quiet_.note(object.key, !news);
  }
}

void ObjectLister::end_walk() {
  if (whole_) {
    quiet_.end();
    last_whole_ = scheduler_.now();
  }
  catalog_.end_walk();
  if (options_.follow) later(options_.poll, &ObjectLister::begin_walk);
  events_.on_page();
  events_.on_walked(keys_);
}

void ObjectLister::failed(const Answer& answer) {
  ++failures_;
  if (!events_.on_failed(answer)) return;
  later(answer.outcome == Outcome::transient ? schedule_.delay(failures_, answer.retry_after) : mend_interval, &ObjectLister::next_page);
}

ObjectCatalog::Time ObjectLister::server_time(const http::Reply& reply) const {
  return sign::parse_http_date(reply.header("date")).value_or(std::chrono::system_clock::now());
}

}  // namespace penstock::object
