/* odd_field_size.c - a stride that would misalign every second field. */
#include "hostile.h"

#define FIELD_SIZE (sizeof(struct kiri_field) + 4)

KIRI_EXPORT const struct kiri_atom kiri_atom = {
    .abi = KIRI_ABI,
    .size = sizeof(struct kiri_atom),
    .field_size = FIELD_SIZE,
    .option_size = sizeof(struct kiri_option),
    .obs_size = sizeof(struct kiri_obs),
    .action_size = sizeof(struct kiri_action),
    .event_size = sizeof(struct kiri_event),
    .choice_size = sizeof(struct kiri_choice),
    .lesson_size = sizeof(struct kiri_lesson),
    .name = "hostile",
    NEVER_CALLED,
};
