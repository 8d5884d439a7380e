/*
 * model_input.h - the inputs of model_fuzz: short ones that become large files.
 *
 *   byte 0      what it is: 0 a weights file, 1 an atom's model, 2 a text model (all
 *               three: safetensors with the checksum put right), 3 a model.json, 4 a
 *               safetensors file as it stands
 *   bytes 1..4  kinds 0-2: how many bytes of tensors follow the header, little-endian
 *   the rest    kinds 0-2: the header's JSON; 3, 4: the file
 */
#ifndef KIRI_TESTS_FUZZ_MODEL_INPUT_H
#define KIRI_TESTS_FUZZ_MODEL_INPUT_H

enum model_kind { KIND_WEIGHTS, KIND_ATOM, KIND_TEXT, KIND_JSON, KIND_RAW, KINDS };

#define MODEL_MOST_DATA (1u << 20)

#endif
