// Shows Highway's macros and ops of HWY_TARGET. Highway's own way to several targets in one file is
// hwy/foreach_target.h, which works once per file and for the file that it re-includes: it belongs
// to the program's own file. So its steps are taken here: the guards of highway.h and of
// set_macros-inl.h open when HWY_TARGET_TOGGLE (HWY_SET_MACROS_PER_TARGET) changes. This file alone
// knows that. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

#if HWY_TARGET == HWY_STATIC_TARGET || defined(OCTET_HAS_BASE)
// Its ops exist since the first highway.h or an earlier pass: only the macros are set again.
#if defined(HWY_SET_MACROS_PER_TARGET)
#undef HWY_SET_MACROS_PER_TARGET
#else
#define HWY_SET_MACROS_PER_TARGET
#endif
#include <hwy/ops/set_macros-inl.h>
#else
#if defined(HWY_TARGET_TOGGLE)
#undef HWY_TARGET_TOGGLE
#else
#define HWY_TARGET_TOGGLE
#endif
#include <hwy/highway.h>
#endif

#endif  // OCTET_KERNEL_PASS
