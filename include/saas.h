/* saas.h: all of libsaas but the transport (saas/h2o.h), the border to it (saas/host.h) and the test kit (saas/test.h). */
#ifndef SAAS_H
#define SAAS_H

#include <saas/app.h>
#include <saas/args.h>
#include <saas/auth.h>
#include <saas/config.h>
#include <saas/ctx.h>
#include <saas/db.h>
#include <saas/files.h>
#include <saas/group.h>
#include <saas/log.h>
#include <saas/route.h>
#include <saas/schema.h>

#endif
