#include <saas/err.h>

typedef struct row {
    int number, status;
    const char *symbol, *code, *text;
} row;

#define ROW(symbol, number, status, code, text) {number, status, #symbol, code, text},
static const row rows[] = {SAAS_ERRORS(ROW)};

static const row *find(saas_err e)
{
    const row *internal = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].number == (int)e)
            return &rows[i];
        if (rows[i].number == SAAS_ERR_INTERNAL)
            internal = &rows[i];
    }
    return internal;
}

const char *saas_err_code(saas_err e)
{
    return find(e)->code;
}

int saas_err_status(saas_err e)
{
    return find(e)->status;
}

const char *saas_err_text(saas_err e)
{
    return find(e)->text;
}

const char *saas_err_symbol(saas_err e)
{
    return find(e)->symbol;
}
