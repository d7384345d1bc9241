#include "test.h"

#include <stdio.h>

#include "base/buf.h"
#include "loop/loop_virtual.h"
#include "node/node_priv.h"

/* Nodes by hand, several on one host, so that they meet each other's ports. */
struct host {
	struct world *world;
	struct loop *loop;
};

struct lone {
	struct config *config;
	struct node *node;
	struct config_error error;
	size_t n_stopped;
};

static void on_event(void *user, enum log_level level, const char *event, const char *json)
{
	(void)user;
	(void)level;
	(void)event;
	(void)json;
}

static void on_stopped(void *user)
{
	struct lone *l = user;

	l->n_stopped++;
}

static const struct node_ops ops = {
	.on_event = on_event,
	.on_stopped = on_stopped,
};

static void host_init(struct host *h)
{
	assert_true(crypto_start() >= 0);
	assert_int_equal(world_new(1, &h->world), 0);
	assert_int_equal(world_host(h->world, "10.0.0.1", &h->loop), 0);
}

static void host_deinit(struct host *h)
{
	loop_free(h->loop);
	world_free(h->world);
}

/* `settings`: "key=value" texts, NULL ends them. */
static void lone_init(struct lone *l, struct host *h, uint8_t key,
		      const char *const *settings_given)
{
	uint8_t seed[ED25519_SEED] = { key };
	struct node_config config = {
		.loop = h->loop,
		.random = world_random(h->world),
		.token = "token",
		.incarnation = 1,
		.seqno_last = 1,
		.ops = &ops,
		.user = l,
	};

	*l = (struct lone){ .config = config_new() };
	for (; *settings_given; settings_given++) {
		const char *equals = strchr(*settings_given, '=');
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(equals - *settings_given),
			 *settings_given);
		assert_int_equal(config_set(l->config, name, equals + 1, CONFIG_FLAG, &l->error),
				 0);
	}
	assert_int_equal(config_finish(l->config, NULL, NULL, &l->error), 0);
	key_pair_from_seed(seed, &config.key);
	config.config = l->config;
	assert_int_equal(node_new(&config, &l->node), 0);
}

static void lone_deinit(struct lone *l)
{
	node_free(l->node);
	config_free(l->config);
}

static void lone_stop(struct lone *l, struct host *h)
{
	node_stop(l->node);
	world_run_for(h->world, 4000);
	assert_int_equal(l->n_stopped, 1);
}

static const char *const plain[] = { "data=/nonexistent", "p2p_host=10.0.0.1", "p2p_port=4001",
				     NULL };

TEST(a_node_listens_for_peers_and_consumers_until_it_is_stopped)
{
	struct host h;
	struct lone l;
	char url[NODE_URL_MAX];

	host_init(&h);
	lone_init(&l, &h, 1, plain);
	assert_int_equal(node_start(l.node, &l.error), 0);
	assert_string_equal(l.error.text, "");
	assert_int_equal(node_door_addr(l.node).port, 4222);
	node_door_url(l.node, url);
	assert_string_equal(url, "nats://127.0.0.1:4222");
	assert_int_equal(node_n_links(l.node), 0);
	assert_int_equal(node_n_peers(l.node), 0);
	world_run_for(h.world, 1000);
	assert_int_equal(l.n_stopped, 0);
	node_stop(l.node);
	node_stop(l.node);
	assert_int_equal(l.n_stopped, 0); /* never from within the call */
	world_run_for(h.world, 4000);
	assert_int_equal(l.n_stopped, 1);
	lone_deinit(&l);
	host_deinit(&h);
}

TEST(a_default_door_port_that_is_taken_moves_on_with_a_warning)
{
	static const char *const other[] = { "data=/nonexistent", "p2p_host=10.0.0.1",
					     "p2p_port=4002", NULL };
	struct host h;
	struct lone a, b;

	host_init(&h);
	lone_init(&a, &h, 1, plain);
	lone_init(&b, &h, 2, other);
	assert_int_equal(node_start(a.node, &a.error), 0);
	assert_int_equal(node_start(b.node, &b.error), 0);
	assert_int_equal(node_door_addr(b.node).port, 4223);
	assert_int_equal(b.node->n_warnings, 1);
	assert_non_null(strstr(b.node->warnings[0], "port 4222 is taken"));
	lone_stop(&a, &h);
	lone_stop(&b, &h);
	lone_deinit(&a);
	lone_deinit(&b);
	host_deinit(&h);
}

TEST(a_chosen_port_that_is_taken_is_refused_by_its_setting)
{
	static const char *const same_door[] = { "data=/nonexistent", "p2p_host=10.0.0.1",
						 "p2p_port=4002", "door_port=4222", NULL };
	static const char *const same_port[] = { "data=/nonexistent", "p2p_host=10.0.0.1",
						 "p2p_port=4001", NULL };
	struct host h;
	struct lone a, b, c;

	host_init(&h);
	lone_init(&a, &h, 1, plain);
	lone_init(&b, &h, 2, same_door);
	lone_init(&c, &h, 3, same_port);
	assert_int_equal(node_start(a.node, &a.error), 0);
	assert_int_equal(node_start(b.node, &b.error), -EADDRINUSE);
	assert_non_null(strstr(b.error.text, "PEERLINE_DOOR_PORT"));
	assert_int_equal(node_start(c.node, &c.error), -EADDRINUSE);
	assert_non_null(strstr(c.error.text, "P2P_PORT"));
	assert_non_null(strstr(c.error.text, "10.0.0.1:4001"));
	lone_deinit(&b);
	lone_deinit(&c);
	lone_stop(&a, &h);
	lone_deinit(&a);
	host_deinit(&h);
}

TEST(without_a_network_only_the_door_is_open)
{
	static const char *const local[] = { "data=/nonexistent", "p2p_enabled=false", NULL };
	struct host h;
	struct lone l;
	json_t *listen;

	host_init(&h);
	lone_init(&l, &h, 1, local);
	assert_int_equal(node_start(l.node, &l.error), 0);
	assert_null(l.node->pool);
	listen = node_listen_json(l.node);
	assert_int_equal(json_array_size(listen), 0);
	json_decref(listen);
	lone_stop(&l, &h);
	lone_deinit(&l);
	host_deinit(&h);
}

TEST(bootstrap_entries_that_are_not_dialled_are_told)
{
	char self[256], id[PEER_ID_TEXT_MAX];
	const char *const given[] = { "data=/nonexistent", "p2p_host=10.0.0.1", self, NULL };
	struct host h;
	struct lone l;

	host_init(&h);
	strcpy(self, "bootstrap_peers=");
	lone_init(&l, &h, 1, plain); /* to learn the id */
	snprintf(self, sizeof(self),
		 "bootstrap_peers=/ip4/10.0.0.9/tcp/4001/p2p/%s,/ip4/10.0.0.9/udp/9/quic-v1",
		 peer_id_text(&l.node->id, id));
	lone_deinit(&l);
	lone_init(&l, &h, 1, given);
	assert_int_equal(node_start(l.node, &l.error), 0);
	assert_int_equal(l.node->n_warnings, 2);
	assert_non_null(strstr(l.node->warnings[1], "is this node"));
	assert_non_null(strstr(l.node->warnings[0], "not plain TCP"));
	lone_stop(&l, &h);
	lone_deinit(&l);
	host_deinit(&h);
}

TEST(the_ready_object_tells_where_everything_is)
{
	static const char *const odd[] = { "data=/nonexistent/\xff", "p2p_host=10.0.0.1",
					   "p2p_port=auto", "door_port=auto", NULL };
	struct host h;
	struct lone l;
	char *text;
	json_t *o;

	host_init(&h);
	lone_init(&l, &h, 1, odd);
	assert_int_equal(node_start(l.node, &l.error), 0);
	text = node_ready_json(l.node, "/nonexistent/\xff/door.token");
	assert_non_null(text);
	o = json_loads(text, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "event")), "ready");
	assert_string_equal(json_string_value(json_object_get(o, "data")), "/nonexistent/?");
	assert_string_equal(json_string_value(json_object_get(o, "socket")), "");
	assert_int_equal(json_array_size(json_object_get(o, "listen")), 1);
	assert_null(strstr(text, "/tcp/0"));
	assert_null(strstr(text, "\"token\""));
	json_decref(o);
	free(text);
	lone_stop(&l, &h);
	lone_deinit(&l);
	host_deinit(&h);
}

TESTS(RUN(a_node_listens_for_peers_and_consumers_until_it_is_stopped),
      RUN(a_default_door_port_that_is_taken_moves_on_with_a_warning),
      RUN(a_chosen_port_that_is_taken_is_refused_by_its_setting),
      RUN(without_a_network_only_the_door_is_open),
      RUN(bootstrap_entries_that_are_not_dialled_are_told),
      RUN(the_ready_object_tells_where_everything_is))
