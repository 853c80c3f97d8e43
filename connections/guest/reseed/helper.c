/*
 * Renews the random numbers of a Linux guest whose memory was restored: adds fresh bytes to the kernel's pool, credits
 * them, and has the generator take them at once. Few guests have a tool for these calls, and what is written to
 * /dev/urandom is only mixed in: the generator takes it at its next reseed, up to a minute later.
 *
 * The file ends with the fresh bytes: the controller puts its own there. `make reseed-helpers` builds the program for
 * every architecture. It removes its own file.
 *
 * Exit codes: 0 done; 1 no /dev/urandom; 2 the bytes were refused; 3 the kernel cannot be told to reseed.
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/random.h>
#include <linux/utsname.h>

#define FRESH_BYTES 256

static const struct {
  int bits;
  int bytes;
  char fresh[FRESH_BYTES];
} pool __attribute__((section(".pool"))) = {8 * FRESH_BYTES, FRESH_BYTES, ""};

/* NUMBER holds the call's number, RESULT its result and, unless FIRST differs, its first argument. */
#if defined(__x86_64__)
#define NUMBER "rax"
#define ARGUMENTS "rdi", "rsi", "rdx", "r10"
#define ENTER "syscall"
#define CHANGED "rcx", "r11"
#elif defined(__i386__)
#define NUMBER "eax"
#define ARGUMENTS "ebx", "ecx", "edx", "esi"
#define ENTER "int $0x80"
#define CHANGED "cc"
#elif defined(__aarch64__)
#define NUMBER "x8"
#define ARGUMENTS "x0", "x1", "x2", "x3"
#define ENTER "svc 0"
#define CHANGED "cc"
#elif defined(__arm__)
#define NUMBER "r7"
#define ARGUMENTS "r0", "r1", "r2", "r3"
#define ENTER "swi 0"
#define CHANGED "cc"
#elif defined(__powerpc64__)
#define NUMBER "r0"
#define ARGUMENTS "r3", "r4", "r5", "r6"
/* Errors are positive and told by a flag. */
#define ENTER "sc\n bns+ 1f\n neg 3, 3\n1:"
#define CHANGED "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer"
#elif defined(__s390x__)
#define NUMBER "r1"
#define ARGUMENTS "r2", "r3", "r4", "r5"
#define ENTER "svc 0"
#define CHANGED "cc"
#elif defined(__riscv)
#define NUMBER "a7"
#define ARGUMENTS "a0", "a1", "a2", "a3"
#define ENTER "ecall"
#define CHANGED "cc"
#endif

#define NTH(a, b, c, d, n) NTH_##n(a, b, c, d)
#define NTH_1(a, b, c, d) a
#define NTH_2(a, b, c, d) b
#define NTH_3(a, b, c, d) c
#define NTH_4(a, b, c, d) d
#define ARGUMENT(...) NTH(__VA_ARGS__)

static inline long call(long number, long first, long second, long third, long fourth) {
  register long n __asm__(NUMBER) = number;
  register long a __asm__(ARGUMENT(ARGUMENTS, 1)) = first;
  register long b __asm__(ARGUMENT(ARGUMENTS, 2)) = second;
  register long c __asm__(ARGUMENT(ARGUMENTS, 3)) = third;
  register long d __asm__(ARGUMENT(ARGUMENTS, 4)) = fourth;
#if defined(__x86_64__) || defined(__i386__)
  __asm__ volatile(ENTER : "+r"(n) : "r"(a), "r"(b), "r"(c), "r"(d) : "memory", CHANGED);
  return n;
#else
  __asm__ volatile(ENTER : "+r"(n), "+r"(a), "+r"(b), "+r"(c), "+r"(d) : : "memory", CHANGED);
  return a;
#endif
}

/* Before 4.8 there was no generator to reseed: what is written to the device is in the next number. */
static int takes_what_is_written(void) {
  struct new_utsname system;
  if (call(__NR_uname, (long)&system, 0, 0, 0) < 0) return 0;
  const char *release = system.release;
  if (release[1] != '.') return 0;
  return release[0] < '4' || (release[0] == '4' && release[2] < '8' && release[3] == '.');
}

static int renew(void) {
  long device = call(__NR_openat, AT_FDCWD, (long)"/dev/urandom", O_WRONLY, 0);
  if (device < 0) return 1;
  call(__NR_write, device, (long)pool.fresh, FRESH_BYTES, 0);
  /* What older kernels have ready for /dev/random is in the snapshot, too. */
  call(__NR_ioctl, device, RNDZAPENTCNT, 0, 0);
  if (call(__NR_ioctl, device, RNDADDENTROPY, (long)&pool, 0) < 0) return 2;
  if (call(__NR_ioctl, device, RNDRESEEDCRNG, 0, 0) < 0 && !takes_what_is_written()) return 3;
  return 0;
}

static void remove_own_file(void) {
  char path[128];
  long length = call(__NR_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  call(__NR_unlinkat, AT_FDCWD, (long)path, 0, 0);
}

void _start(void) {
  remove_own_file();
  call(__NR_exit, renew(), 0, 0, 0);
  __builtin_unreachable();
}
