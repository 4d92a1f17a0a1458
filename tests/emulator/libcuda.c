/* A libcuda.so.1 that hands out functions which Python makes; see driver.py.

   NVIDIA's libraries take the entry points of the driver from cuGetProcAddress. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef void *(*Resolve)(const char *name, int version);

static Resolve resolve;

void emulator_resolve_by(Resolve function) { resolve = function; }

/* cuda.core calls this at the end of its process, where there is no Python any more. */
static int cuDevicePrimaryCtxRelease(int device)
{
    (void)device;
    return 0;
}

int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status)
{
    (void)flags;
    if (strcmp(name, "cuDevicePrimaryCtxRelease") == 0)
        *function = (void *)cuDevicePrimaryCtxRelease;
    else
        *function = resolve(name, version);
    if (status)
        *status = *function ? 0 : 1; /* CU_GET_PROC_ADDRESS_SUCCESS or _SYMBOL_NOT_FOUND */
    return *function ? 0 : 500;      /* CUDA_SUCCESS or CUDA_ERROR_NOT_FOUND */
}

int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags)
{
    return cuGetProcAddress_v2(name, function, version, flags, NULL);
}

/* Some are asked for by their names in the library. */
#define EXPORT(name, parameters, arguments)                  \
    int name parameters                                      \
    {                                                        \
        return ((int(*) parameters)resolve(#name, 0))arguments; \
    }

EXPORT(cuInit, (unsigned flags), (flags))
EXPORT(cuDriverGetVersion, (int *version), (version))
EXPORT(cuDeviceGetCount, (int *count), (count))
EXPORT(cuDeviceGetName, (char *name, int bytes, int device), (name, bytes, device))
