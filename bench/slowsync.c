/* Makes a fast disk slow: every fsync and fdatasync takes 2 milliseconds more (SLOWSYNC_US microseconds, if set).

   cc -shared -fPIC -O2 -o slowsync.so slowsync.c -ldl && LD_PRELOAD=./slowsync.so weltoffen run */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_a_little(void)
{
    const char *given = getenv("SLOWSYNC_US");
    long microseconds = given ? atol(given) : 2000;
    struct timespec rest = {microseconds / 1000000, (microseconds % 1000000) * 1000};
    while (nanosleep(&rest, &rest) != 0)
        ;
}

int fsync(int file)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = real(file);
    wait_a_little();
    return result;
}

int fdatasync(int file)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = real(file);
    wait_a_little();
    return result;
}
