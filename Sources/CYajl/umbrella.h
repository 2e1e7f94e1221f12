#ifndef SWIFT_XL_CYAJL_UMBRELLA_H
#define SWIFT_XL_CYAJL_UMBRELLA_H

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_version.h>

#endif
