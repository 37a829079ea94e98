// The passes and their Device, compiled for the CPU stand-in.
#include "gpu/kernels/cuda_device.cu"
