#ifndef CXENSHIM_H
#define CXENSHIM_H
#endif
