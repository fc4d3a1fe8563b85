// SPDX-License-Identifier: MIT
// The one function of libFuzzer that a program with a main of its own calls; the toolchain brings
// the library, but no header.
#ifndef LIBFUZZER_H
#define LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer with the options of the command line, or what files they name, and exits.
int LLVMFuzzerRunDriver(
    int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
    int (*_Nonnull run)(const uint8_t *_Nullable bytes, size_t count));

#endif
