#include "base/list.h"

#include "test.h"

struct item {
	int value;
	struct list link;
};

static int value_of(struct list *l)
{
	return list_entry(l, struct item, link)->value;
}

static int sum_in_order(struct list *head)
{
	int sum = 0;

	list_for_each (it, head)
		sum = sum * 10 + value_of(it);
	return sum;
}

TEST(a_new_list_is_empty)
{
	struct list head;

	list_init(&head);
	assert_true(list_is_empty(&head));
	assert_null(list_first(&head));
}

TEST(items_stand_where_they_were_put)
{
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 }, d = { .value = 4 };
	struct list head;

	list_init(&head);
	list_add_tail(&head, &b.link);
	list_add_tail(&head, &d.link);
	list_insert_before(list_first(&head), &a.link);
	list_insert_before(&d.link, &c.link);
	assert_int_equal(sum_in_order(&head), 1234);
	assert_ptr_equal(list_first(&head), &a.link);
}

TEST(removal_is_safe_for_what_is_on_no_list)
{
	struct item a = { .value = 1 };
	struct list head;

	list_init(&head);
	list_init(&a.link);
	list_remove(&a.link);
	list_add_tail(&head, &a.link);
	list_remove(&a.link);
	list_remove(&a.link);
	assert_true(list_is_empty(&head));
	assert_true(list_is_empty(&a.link));
}

TEST(an_item_may_leave_while_the_list_is_walked)
{
	struct item items[5];
	struct list head;

	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].value = i + 1;
		list_add_tail(&head, &items[i].link);
	}
	list_for_each_safe (it, &head)
		if (value_of(it) % 2 == 0)
			list_remove(it);
	assert_int_equal(sum_in_order(&head), 135);
}

TESTS(RUN(a_new_list_is_empty), RUN(items_stand_where_they_were_put),
      RUN(removal_is_safe_for_what_is_on_no_list), RUN(an_item_may_leave_while_the_list_is_walked))
