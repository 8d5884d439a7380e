/*
 * engine/kernel_avx2.c - the table of AVX2.
 */
#include "engine/lanes_avx2.h"

#include "engine/wide_attend.h"
#include "engine/wide_matmul.h"
#include "engine/wide_rows.h"
#include "engine/wide_turn.h"

const struct gpt_kernel gpt_kernel_avx2 = {
    .name = "avx2",
    .flush = 1,
    .matmul = matmul,
    .matmul_turned = matmul_turned,
    .transpose = transpose,
    .norm = norm,
    .norm_back = norm_back,
    .relu = relu,
    .relu_back = relu_back,
    .attend = attend,
    .attend_back = attend_back,
    .softmax = softmax,
    .judge = judge,
    .add = add,
    .sound = sound,
    .adam = adam,
};
