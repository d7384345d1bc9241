#include "share/frames.h"

void frames_init(struct frames *f, struct shared_pool *pool)
{
	*f = (struct frames){ .pool = pool };
}

void frames_deinit(struct frames *f)
{
	f->block = shared_bytes_unref(f->block);
	f->used = 0;
}

static int make_room(struct frames *f, size_t n)
{
	struct shared_bytes *block;

	if (f->block && f->block->n - f->used >= n)
		return 0;
	/* Nobody else has it: it can be begun again. */
	if (f->block && f->block->n_refs == 1 && f->block->n >= n) {
		f->used = 0;
		return 0;
	}
	block = shared_pool_take(f->pool);
	if (!block)
		return -ENOMEM;
	shared_bytes_unref(f->block);
	f->block = block;
	f->used = 0;
	return 0;
}

int frame_begin(struct frames *f, size_t n, bool alone, struct frame *ret, uint8_t **ret_room)
{
	struct shared_bytes *owner;
	int r = 0;

	if (alone) {
		owner = shared_bytes_new(n);
		if (!owner)
			return -ENOMEM;
		*ret = (struct frame){ .owner = owner, .p = owner->data };
		*ret_room = owner->data;
		return 0;
	}
	ASSERT(n <= f->pool->size);
	r = make_room(f, n);
	if (r < 0)
		return r;
	*ret_room = f->block->data + f->used;
	*ret = (struct frame){ .owner = shared_bytes_ref(f->block), .p = *ret_room };
	return 0;
}

void frame_end(struct frames *f, struct frame *frame, size_t n)
{
	frame->n = n;
	if (frame->owner == f->block)
		f->used += n;
}

void frame_deinit(struct frame *frame)
{
	frame->owner = shared_bytes_unref(frame->owner);
}
