// SPDX-License-Identifier: MIT
// The functions of freestanding.c are found by the linker; Swift code calls none by name.
