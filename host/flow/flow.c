#include "flow/flow.h"

static void on_bell(uv_async_t *bell)
{
    flow_deliver(bell->data);
}

int flow_init(struct flow *f, uv_loop_t *loop)
{
    f->loop = loop;
    queue_init(&f->inbox);
    if (uv_async_init(loop, &f->bell, on_bell)) {
        queue_fini(&f->inbox);
        return -1;
    }
    f->bell.data = f;
    return 0;
}

void flow_post(struct flow *f, struct flow_message *m)
{
    if (queue_put(&f->inbox, &m->item) == 0)
        uv_async_send(&f->bell);
}

void flow_deliver(struct flow *f)
{
    struct queue_item *item = queue_take(&f->inbox), *next;

    for (; item; item = next) {
        struct flow_message *m = (struct flow_message *)item;
        next = item->next;
        m->deliver(m);
    }
}

void flow_fini(struct flow *f)
{
    flow_deliver(f);
    queue_close(&f->inbox);
    uv_close((uv_handle_t *)&f->bell, NULL);
    queue_fini(&f->inbox);
}
