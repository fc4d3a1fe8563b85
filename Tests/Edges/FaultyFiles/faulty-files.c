// SPDX-License-Identifier: MIT
//
// A file system that says no: preloaded into a program (LD_PRELOAD), it makes chosen system calls on
// chosen files fail. Only files whose path contains FAULTY_PATH are concerned.
//
//   FAULTY_CALL   the calls that fail: open, read, write, sync, truncate, lock, map, remove, rename
//   FAULTY_AT     the first one to fail, counted from 1
//   FAULTY_COUNT  how many fail from there on; 0: all (default 1)
//   FAULTY_ERRNO  the error number; 0: a write takes half of its bytes, and says so
//   FAULTY_THREADS  how many threads may be created; without it, any number
//   FAULTY_LOG    a file that gets one line for each call, to know how many there are
//
// It also has two clocks: FAULTY_CLOCK=still stops the wall clock, FAULTY_CLOCK=jumps moves it back
// and forth by hours at every call. The clocks that measure durations stay right.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ({ \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); \
    real; })

static atomic_long calls;

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : otherwise;
}

static int concerns(const char *path) {
    const char *part = getenv("FAULTY_PATH");
    return part && *part && path && strstr(path, part) != NULL;
}

static const char *path_of(int file, char *buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t count = readlink(link, buffer, PATH_MAX - 1);
    if (count < 0) return NULL;
    buffer[count] = 0;
    return buffer;
}

static void note(const char *call, const char *path) {
    const char *log = getenv("FAULTY_LOG");
    if (!log) return;
    char line[PATH_MAX + 32];
    int length = snprintf(line, sizeof line, "%s %s\n", call, path);
    int file = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return;
    if (REAL(write)(file, line, (size_t)length) < 0) abort();
    close(file);
}

/// Whether this call is to fail. Sets `errno` if so.
static int fails(const char *call, const char *path) {
    if (!concerns(path)) return 0;
    int before = errno;
    note(call, path);
    errno = before;
    const char *wanted = getenv("FAULTY_CALL");
    if (!wanted || strcmp(wanted, call) != 0) return 0;
    long turn = atomic_fetch_add(&calls, 1) + 1;
    long first = number("FAULTY_AT", 1), count = number("FAULTY_COUNT", 1);
    if (turn < first || (count > 0 && turn >= first + count)) return 0;
    errno = (int)number("FAULTY_ERRNO", EIO);
    return 1;
}

static int fails_on(const char *call, int file) {
    char buffer[PATH_MAX];
    int before = errno;
    const char *path = path_of(file, buffer);
    errno = before;
    return fails(call, path);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return fails("open", path) ? -1 : REAL(open)(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags)
    return fails("open", path) ? -1 : REAL(open64)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return fails("open", path) ? -1 : REAL(openat)(folder, path, flags, mode);
}

ssize_t read(int file, void *bytes, size_t count) {
    return fails_on("read", file) ? -1 : REAL(read)(file, bytes, count);
}

ssize_t pread(int file, void *bytes, size_t count, off_t place) {
    return fails_on("read", file) ? -1 : REAL(pread)(file, bytes, count, place);
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t place) {
    return fails_on("read", file) ? -1 : REAL(pread64)(file, bytes, count, place);
}

/// How many bytes a failing write takes: none, or about half of them. It sets `errno` to 0 for that.
static size_t part(size_t count) { return errno == 0 ? (count + 1) / 2 : 0; }

ssize_t write(int file, const void *bytes, size_t count) {
    if (!fails_on("write", file)) return REAL(write)(file, bytes, count);
    return part(count) ? REAL(write)(file, bytes, part(count)) : -1;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    if (!fails_on("write", file)) return REAL(pwrite)(file, bytes, count, place);
    return part(count) ? REAL(pwrite)(file, bytes, part(count), place) : -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    if (!fails_on("write", file)) return REAL(pwrite64)(file, bytes, count, place);
    return part(count) ? REAL(pwrite64)(file, bytes, part(count), place) : -1;
}

int fsync(int file) { return fails_on("sync", file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return fails_on("sync", file) ? -1 : REAL(fdatasync)(file); }

int ftruncate(int file, off_t size) {
    return fails_on("truncate", file) ? -1 : REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size) {
    return fails_on("truncate", file) ? -1 : REAL(ftruncate64)(file, size);
}

static int locks(int command, void *argument) {
    if (command != F_SETLK && command != F_SETLKW) return 0;
    return ((struct flock *)argument)->l_type != F_UNLCK;
}

#define ARGUMENT \
    va_list rest; va_start(rest, command); void *argument = va_arg(rest, void *); va_end(rest);

int fcntl(int file, int command, ...) {
    ARGUMENT
    if (locks(command, argument) && fails_on("lock", file)) return -1;
    return REAL(fcntl)(file, command, argument);
}

int fcntl64(int file, int command, ...) {
    ARGUMENT
    if (locks(command, argument) && fails_on("lock", file)) return -1;
    return REAL(fcntl64)(file, command, argument);
}

int flock(int file, int operation) {
    if (operation != LOCK_UN && fails_on("lock", file)) return -1;
    return REAL(flock)(file, operation);
}

void *mmap(void *start, size_t count, int protection, int flags, int file, off_t place) {
    if (file >= 0 && fails_on("map", file)) return MAP_FAILED;
    return REAL(mmap)(start, count, protection, flags, file, place);
}

void *mmap64(void *start, size_t count, int protection, int flags, int file, off64_t place) {
    if (file >= 0 && fails_on("map", file)) return MAP_FAILED;
    return REAL(mmap64)(start, count, protection, flags, file, place);
}

int unlink(const char *path) { return fails("remove", path) ? -1 : REAL(unlink)(path); }

int rename(const char *from, const char *to) {
    return fails("rename", to) ? -1 : REAL(rename)(from, to);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
    static atomic_long created;
    const char *limit = getenv("FAULTY_THREADS");
    if (limit && atomic_fetch_add(&created, 1) >= strtol(limit, NULL, 10)) return EAGAIN;
    return REAL(pthread_create)(thread, attributes, body, argument);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = REAL(clock_gettime)(clock, time);
    const char *mode = getenv("FAULTY_CLOCK");
    if (result != 0 || !mode || clock != CLOCK_REALTIME) return result;
    static atomic_long turns;
    if (strcmp(mode, "still") == 0) {
        *time = (struct timespec){.tv_sec = 1700000000};
    } else {
        long turn = atomic_fetch_add(&turns, 1);
        time->tv_sec += turn % 2 ? -7200 * (turn % 7) : 3600 * (turn % 5);
    }
    return result;
}
