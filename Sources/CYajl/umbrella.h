#ifndef SWIFT_XL_CYAJL_UMBRELLA_H
#define SWIFT_XL_CYAJL_UMBRELLA_H

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

/* yajl's configuration functions are variadic, which Swift cannot call. */

static inline int cyajl_gen_set(yajl_gen generator, yajl_gen_option option, int value)
{
    return yajl_gen_config(generator, option, value);
}

static inline int cyajl_parser_set(yajl_handle parser, yajl_option option, int value)
{
    return yajl_config(parser, option, value);
}

#endif
