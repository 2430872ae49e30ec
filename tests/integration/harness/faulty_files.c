// Makes the Nth file operation under a folder fail, or be the last one of the process: preloaded into the program under test.
//
//   FAULTY_UNDER   the folder (absolute): operations on files under it that write count, from 1
//   FAULTY_FROM    the first operation that fails; without it they are only counted
//   FAULTY_TIMES   how many fail from there on; default: all
//   FAULTY_HOW     an errno as a number, or `kill`: SIGKILL in the middle of it
//   FAULTY_COUNT   a file that gets one byte for each operation, so that its size is their number
//
// A write that fails has written its first half, as on a disk that fills up: it returns short when it could, and the next one
// fails. Threads share the count.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { descriptors_max = 4096 };
static atomic_bool watched[descriptors_max];
static atomic_long operations;

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static long number(const char* name, long otherwise) {
  const char* text = getenv(name);
  return text ? atol(text) : otherwise;
}

static bool is_under(int directory, const char* path) {
  const char* folder = getenv("FAULTY_UNDER");
  if (!folder || !path) return false;
  char whole[PATH_MAX] = "";
  if (path[0] != '/') {
    if (directory == AT_FDCWD) {
      if (!getcwd(whole, sizeof whole)) return false;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
      const ssize_t length = readlink(link, whole, sizeof whole - 1);
      if (length < 0) return false;
      whole[length] = 0;
    }
    strncat(whole, "/", sizeof whole - strlen(whole) - 1);
  }
  strncat(whole, path, sizeof whole - strlen(whole) - 1);
  return strncmp(whole, folder, strlen(folder)) == 0;
}

static bool is_watched(int descriptor) { return descriptor >= 0 && descriptor < descriptors_max && watched[descriptor]; }

static void die(void) { syscall(SYS_kill, getpid(), SIGKILL); }

// Counts one operation; true when it has to fail, with errno set. `half` is what is done of it nevertheless.
#define FAILS(half)                                                             \
  ({                                                                            \
    bool fails_ = next_fails();                                                 \
    if (fails_) {                                                               \
      half;                                                                     \
      const char* how_ = getenv("FAULTY_HOW");                                  \
      if (how_ && strcmp(how_, "kill") == 0) die();                             \
      errno = how_ ? atoi(how_) : EIO;                                          \
    }                                                                           \
    fails_;                                                                     \
  })

static bool next_fails(void) {
  const long now = ++operations;
  const char* count = getenv("FAULTY_COUNT");
  if (count) {
    const int file = (int)syscall(SYS_openat, AT_FDCWD, count, O_WRONLY | O_CREAT | O_APPEND, 0644);
    syscall(SYS_write, file, ".", 1);
    syscall(SYS_close, file);
  }
  const long from = number("FAULTY_FROM", 0), times = number("FAULTY_TIMES", LONG_MAX / 2);
  return from != 0 && now >= from && now - from < times;
}

static bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

static int watch(int descriptor, bool wanted) {
  if (descriptor >= 0 && descriptor < descriptors_max) watched[descriptor] = wanted;
  return descriptor;
}

static int open_at(int directory, const char* path, int flags, mode_t mode) {
  const bool wanted = writes(flags) && is_under(directory, path);
  if (wanted && FAILS()) return -1;
  return watch(NEXT(openat64)(directory, path, flags, mode), wanted);
}

#define OPEN_MODE                                     \
  mode_t mode = 0;                                    \
  if (flags & (O_CREAT | __O_TMPFILE)) {              \
    va_list list;                                     \
    va_start(list, flags);                            \
    mode = va_arg(list, mode_t);                      \
    va_end(list);                                     \
  }

int open(const char* path, int flags, ...) { OPEN_MODE return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char* path, int flags, ...) { OPEN_MODE return open_at(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int directory, const char* path, int flags, ...) { OPEN_MODE return open_at(directory, path, flags, mode); }
int openat64(int directory, const char* path, int flags, ...) { OPEN_MODE return open_at(directory, path, flags | O_LARGEFILE, mode); }

int close(int descriptor) {
  watch(descriptor, false);
  return NEXT(close)(descriptor);
}

ssize_t write(int descriptor, const void* data, size_t size) {
  ssize_t done = -1;
  if (is_watched(descriptor) && FAILS(done = NEXT(write)(descriptor, data, size / 2))) return done > 0 ? done : -1;
  return NEXT(write)(descriptor, data, size);
}

static ssize_t write_at(int descriptor, const void* data, size_t size, off_t offset) {
  ssize_t done = -1;
  if (is_watched(descriptor) && FAILS(done = NEXT(pwrite64)(descriptor, data, size / 2, offset))) return done > 0 ? done : -1;
  return NEXT(pwrite64)(descriptor, data, size, offset);
}

ssize_t pwrite(int descriptor, const void* data, size_t size, off_t offset) { return write_at(descriptor, data, size, offset); }
ssize_t pwrite64(int descriptor, const void* data, size_t size, off64_t offset) { return write_at(descriptor, data, size, offset); }

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  ssize_t done = -1;
  if (is_watched(descriptor) && FAILS(done = NEXT(writev)(descriptor, parts, count / 2))) return done > 0 ? done : -1;
  return NEXT(writev)(descriptor, parts, count);
}

// The others do nothing when they fail, and all or nothing when the process dies in them.
#define FALLIBLE(condition, call) \
  if ((condition) && FAILS()) return -1; \
  return call

int fsync(int descriptor) { FALLIBLE(is_watched(descriptor), NEXT(fsync)(descriptor)); }
int fdatasync(int descriptor) { FALLIBLE(is_watched(descriptor), NEXT(fdatasync)(descriptor)); }
int ftruncate(int descriptor, off_t size) { FALLIBLE(is_watched(descriptor), NEXT(ftruncate)(descriptor, size)); }
int ftruncate64(int descriptor, off64_t size) { FALLIBLE(is_watched(descriptor), NEXT(ftruncate64)(descriptor, size)); }
int fallocate(int descriptor, int mode, off_t at, off_t size) { FALLIBLE(is_watched(descriptor), NEXT(fallocate)(descriptor, mode, at, size)); }
int rename(const char* from, const char* to) { FALLIBLE(is_under(AT_FDCWD, to), NEXT(rename)(from, to)); }
int renameat(int a, const char* from, int b, const char* to) { FALLIBLE(is_under(b, to), NEXT(renameat)(a, from, b, to)); }
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) {
  FALLIBLE(is_under(b, to), NEXT(renameat2)(a, from, b, to, flags));
}
int unlink(const char* path) { FALLIBLE(is_under(AT_FDCWD, path), NEXT(unlink)(path)); }
int unlinkat(int directory, const char* path, int flags) { FALLIBLE(is_under(directory, path), NEXT(unlinkat)(directory, path, flags)); }
int mkdir(const char* path, mode_t mode) { FALLIBLE(is_under(AT_FDCWD, path), NEXT(mkdir)(path, mode)); }
