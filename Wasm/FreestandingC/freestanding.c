// SPDX-License-Identifier: MIT
// What Embedded Swift expects of a C library, for a target that has none.
#include <stddef.h>
#include <stdint.h>

// A bump allocator with one free list per power of two; a 16-byte header keeps the size class, and
// the alignment that Swift asks for.
extern unsigned char __heap_base;
static uintptr_t top = 0;
typedef struct Free { struct Free *next; } Free;
static Free *freeList[32];

static int sizeClass(size_t size) {
    return size <= 16 ? 4 : 32 - __builtin_clz((unsigned)size - 1);
}

void *malloc(size_t size) {
    // Nothing this large fits a 32-bit address space beside the header.
    if (size > (size_t)1 << 30) __builtin_trap();
    int exponent = sizeClass(size + 16);
    char *block;
    if (freeList[exponent]) {
        block = (char *)freeList[exponent];
        freeList[exponent] = freeList[exponent]->next;
    } else {
        if (!top) top = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
        block = (char *)top;
        top += (size_t)1 << exponent;
        uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * 65536;
        if (top > have) {
            size_t pages = (top - have + 65535) / 65536 + 16;
            if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
        }
    }
    *(int *)block = exponent;
    return block + 16;
}

void free(void *pointer) {
    if (!pointer) return;
    char *block = (char *)pointer - 16;
    int exponent = *(int *)block;
    Free *entry = (Free *)block;
    entry->next = freeList[exponent];
    freeList[exponent] = entry;
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment > 16) __builtin_trap();
    *result = malloc(size);
    return 0;
}

// With -mbulk-memory the built-in functions are one instruction, which a browser does as fast as it
// can, but for a few bytes calls a function of its own.
void *memcpy(void *to, const void *from, size_t count) {
    if (count >= 32) return __builtin_memcpy(to, from, count);
    unsigned char *a = to;
    const unsigned char *b = from;
    while (count--) *a++ = *b++;
    return to;
}

void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }

void *memset(void *to, int value, size_t count) { return __builtin_memset(to, value, count); }

int memcmp(const void *left, const void *right, size_t count) {
    const unsigned char *a = left, *b = right;
    for (; count--; a++, b++)
        if (*a != *b) return *a - *b;
    return 0;
}

// `Hasher` seeds itself with this; the page hands in crypto.getRandomValues.
__attribute__((import_module("env"), import_name("random")))
extern void js_random(void *, size_t);
void arc4random_buf(void *bytes, size_t count) { js_random(bytes, count); }

int putchar(int character) { return character; }
void __stack_chk_fail(void) { __builtin_trap(); }
uintptr_t __stack_chk_guard = 0xdeadbeef;
