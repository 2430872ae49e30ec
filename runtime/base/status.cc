#include "runtime/base/status.h"

#include <cerrno>
#include <cstring>

namespace penstock {

const std::string& Status::text() const {
  static const std::string none;
  return failure_ ? failure_->text : none;
}

static Code code_of_errno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return Code::denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::full;
    case EPIPE:
    case ECONNRESET:
      return Code::closed;
    case EMFILE:
    case ENFILE:
    case ENAMETOOLONG:
      return Code::limit;
    default:
      return Code::io;
  }
}

Status Status::from_errno(int error, const std::string& what) {
  return Status(code_of_errno(error), what + ": " + std::strerror(error));
}

}  // namespace penstock
