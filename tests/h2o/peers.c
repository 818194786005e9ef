/* HT2: the limit of connections per address. */
#include "h2o/peers.h"
#include "check.h"
#include <arpa/inet.h>

typedef union place {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} place;

static const struct sockaddr *at(const char *text)
{
    static place p;
    memset(&p, 0, sizeof p);
    p.any.sa_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    void *ip = p.any.sa_family == AF_INET6 ? (void *)&p.six.sin6_addr : (void *)&p.four.sin_addr;
    CHECK_INT(inet_pton(p.any.sa_family, text, ip), 1);
    return &p.any;
}

static saas_h2o_peers peers;

static unsigned entered(const char *text, unsigned times)
{
    unsigned count = 0;
    for (unsigned i = 0; i < times; i++)
        count += saas_h2o_peers_enter(&peers, at(text));
    return count;
}

static void each_address_has_its_share(void)
{
    saas_h2o_peers_init(&peers, 3);
    CHECK_INT(entered("192.0.2.1", 5), 3);
    CHECK_INT(entered("192.0.2.2", 5), 3);
    saas_h2o_peers_leave(&peers, at("192.0.2.1"));
    CHECK_INT(entered("192.0.2.1", 5), 1);
    for (int i = 0; i < 3; i++)
        saas_h2o_peers_leave(&peers, at("192.0.2.2"));
    CHECK_INT(entered("192.0.2.2", 5), 3);
    saas_h2o_peers_done(&peers);
}

static void addresses_that_are_one_count_as_one(void)
{
    saas_h2o_peers_init(&peers, 2);
    CHECK_INT(entered("2001:db8:0:1::1", 1) + entered("2001:db8:0:1:ffff::2", 5), 2);
    CHECK_INT(entered("2001:db8:0:2::1", 5), 2);
    CHECK_INT(entered("192.0.2.1", 1) + entered("::ffff:192.0.2.1", 5), 2);
    saas_h2o_peers_done(&peers);
}

static void loopback_is_not_counted(void)
{
    saas_h2o_peers_init(&peers, 1);
    CHECK_INT(entered("127.0.0.1", 9), 9);
    CHECK_INT(entered("127.8.8.8", 9), 9);
    CHECK_INT(entered("::1", 9), 9);
    CHECK_INT(entered("::ffff:127.0.0.1", 9), 9);
    CHECK_INT(entered("128.0.0.1", 9), 1);
    saas_h2o_peers_leave(&peers, at("127.0.0.1"));
    saas_h2o_peers_done(&peers);
}

static void many_addresses_come_and_go(void)
{
    char text[32];
    saas_h2o_peers_init(&peers, 1);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "10.1.%u.%u", i / 250, i % 250);
            CHECK_INT(entered(text, 2), 1);
        }
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "10.1.%u.%u", i / 250, i % 250);
            saas_h2o_peers_leave(&peers, at(text));
        }
    }
    for (size_t i = 0; i < SAAS_H2O_PEER_BUCKETS; i++)
        CHECK(!peers.buckets[i]);
    saas_h2o_peers_done(&peers);
}

static const check_test tests[] = {TEST(each_address_has_its_share), TEST(addresses_that_are_one_count_as_one),
                                   TEST(loopback_is_not_counted), TEST(many_addresses_come_and_go)};
CHECK_MAIN(tests)
