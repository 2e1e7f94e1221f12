#include "CXenShim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xentoollog.h>

struct cxs_logger {
    xentoollog_logger vtable;
    int minimum;
    cxs_log_message message;
    cxs_log_progress progress;
    void *context;
};

static _Thread_local char first_error[512];

static void vmessage(xentoollog_logger *base, xentoollog_level level, int error, const char *source,
                     const char *format, va_list arguments)
{
    struct cxs_logger *logger = (struct cxs_logger *)base;
    char text[1024];
    int saved = errno;

    if ( (int)level < logger->minimum && level < XTL_ERROR )
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    if ( level >= XTL_ERROR && !first_error[0] )
        snprintf(first_error, sizeof(first_error), "%s", text);
    if ( (int)level >= logger->minimum )
        logger->message(logger->context, level, error, source, text);
    errno = saved;
}

static void progress(xentoollog_logger *base, const char *source, const char *task, int percent,
                     unsigned long done, unsigned long total)
{
    struct cxs_logger *logger = (struct cxs_logger *)base;
    int saved = errno;

    logger->progress(logger->context, source, task, percent, done, total);
    errno = saved;
}

static void destroy(xentoollog_logger *base)
{
    free(base);
}

void *cxs_logger_create(cxs_log_message message, cxs_log_progress on_progress, void *context)
{
    struct cxs_logger *logger = calloc(1, sizeof(*logger));

    if ( !logger )
        return NULL;
    logger->vtable.vmessage = vmessage;
    logger->vtable.progress = progress;
    logger->vtable.destroy = destroy;
    logger->message = message;
    logger->progress = on_progress;
    logger->context = context;
    return logger;
}

void cxs_logger_destroy(void *logger)
{
    xtl_logger_destroy(logger);
}

void cxs_logger_set_minimum(void *logger, int level)
{
    ((struct cxs_logger *)logger)->minimum = level;
}

const char *cxs_first_error(void)
{
    return first_error;
}

void cxs_clear_first_error(void)
{
    first_error[0] = 0;
}
