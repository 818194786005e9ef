#include "h2o/request.h"
#include <sys/epoll.h>

/* An epoll of their own, as h2o's can't be asked for EPOLLRDHUP: one system call for a request that waits long enough,
 * none for the others. A client that closes its sending half counts as gone, as with other servers. */

void saas_h2o_request_watch(saas_h2o_request *r)
{
    struct epoll_event what = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = r};
    if (!r->watched && r->fd >= 0)
        r->watched = !epoll_ctl(r->worker->leavers, EPOLL_CTL_ADD, r->fd, &what);
}

void saas_h2o_request_unwatch(saas_h2o_request *r)
{
    if (r->watched)
        epoll_ctl(r->worker->leavers, EPOLL_CTL_DEL, r->fd, NULL);
    r->watched = false;
}
