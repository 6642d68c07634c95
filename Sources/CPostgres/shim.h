#pragma once
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>

// Swift does not import macros that are characters.
static const int cpostgres_sqlstate = PG_DIAG_SQLSTATE;
static const int cpostgres_message = PG_DIAG_MESSAGE_PRIMARY;
static const int cpostgres_detail = PG_DIAG_MESSAGE_DETAIL;
