/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do next: which attempts to start or void, which hosts to ask, and when to think again. Pure: no clock, no
 * I/O, no memory but what the caller hands in. Times are milliseconds of the caller's monotonic clock.
 */
#ifndef DAGTOP_ENGINE_RECONCILE_H
#define DAGTOP_ENGINE_RECONCILE_H

#include "dagtop/model/derive.h"

enum {
    RECONCILE_VOID_AFTER = 60 * 1000,       /* an attempt without decision is waited for that long */
    RECONCILE_FASTEST = 50,                 /* between two looks right after something happened */
    RECONCILE_SPACING = 20,                 /* least time between two looks, however many files change */
    RECONCILE_SPACING_LIMIT = 1000,         /* the same where files change all the time, but no state does */
    RECONCILE_SLOWEST = 60 * 1000,          /* where nothing has changed for long and nobody drives */
    RECONCILE_BACKOFF_LIMIT = 5 * 60 * 1000 /* between two looks that fail */
};

/* Never: a time that does not come. */
#define RECONCILE_NEVER INT64_MAX

/* What a host should be asked now. */
enum reconcile_look {
    RECONCILE_LOOK_NONE,
    RECONCILE_LOOK_LIVE, /* nodes that can change */
    RECONCILE_LOOK_ALL   /* every node: what have others done? */
};

struct reconcile_host {
    /* set by the caller */
    bool answers;              /* connected, and every node of it was asked for once */
    bool may_start;            /* this machine may start nodes there */
    bool claimed;              /* starts may go out: the workflow's name is ours there */
    bool starting;             /* starts are on their way: the next ones wait, so that they go together */
    bool asked;                /* a look is on its way */
    enum reconcile_look hurry; /* look as soon as allowed: something was done, or a watched file changed */
    bool others_act;           /* somebody else drives: nodes that are ready can change */
    unsigned jobs, gpus;       /* most at once; 0: no limit */
    int64_t room_not_before;   /* jobs of other workflows fill the host: no start before this time */
    int64_t base_interval;     /* between two looks at live nodes */
    size_t node_count;

    /* remembered by reconcile */
    int64_t interval;                          /* in force while something happens: RECONCILE_FASTEST to base */
    int64_t spacing;                           /* least time between two looks; grows while files change all the time */
    int64_t cost;                              /* time that the last look took: pauses are no shorter */
    int64_t last_look, last_full, last_change; /* ends of looks, and the last one that brought news */
    unsigned errors;                           /* looks failed in a row */
    unsigned random;                           /* state of the jitter; the caller seeds it */

    /* results */
    enum reconcile_look look;
    size_t live;  /* attempts that live or are being made */
    size_t slots; /* those of them that count for jobs */
};

struct reconcile_node {
    /* set by the caller */
    size_t host;
    unsigned starting;  /* the attempt that was asked for and not answered yet; 0: none */
    bool voiding;       /* void was asked for and not answered yet */
    bool unstartable;   /* a start makes no sense until a person has done something */
    bool handed_over;   /* a batch job that its scheduler starts when its parents have ended: submitted before */
    bool out_of_scope;  /* the driver was asked to leave it alone */
    bool needs_look;    /* looked at though it is not live: something was done to it */
    int64_t not_before; /* no start before this time */
    size_t queue;       /* a batch job's queue, its number plus one; 0: it is none */
    size_t room;        /* a batch job's index into queue_room */
    int64_t absent_at;  /* a batch job without job id: when its queue was last seen not to have it; 0: never */

    /* remembered by reconcile */
    unsigned undecided; /* attempt that was seen without a decision; 0: none */
    int64_t undecided_since;
};

enum reconcile_kind { RECONCILE_START, RECONCILE_VOID };

struct reconcile_request {
    enum reconcile_kind kind;
    size_t node;
    unsigned attempt;
};

struct reconcile_options {
    bool driving, watched;
};

struct reconcile {
    struct reconcile_host *hosts;
    size_t host_count;
    size_t *queue_room;                 /* jobs that may be submitted now, by `room`; owned by the caller */
    struct reconcile_node *nodes;       /* node_count of the workflow */
    struct reconcile_request *requests; /* result: in topological order */
    size_t request_count, request_capacity;
    int64_t wake;   /* result: think again then; RECONCILE_NEVER: nothing is due by itself */
    bool can_start; /* result: a driver can still start something by itself */
};

void reconcile_init(struct reconcile *reconcile, size_t host_count, size_t node_count);
void reconcile_release(struct reconcile *reconcile);

/* Fills the results. observations and views are node_count of each. */
void reconcile_think(struct reconcile *reconcile, const struct workflow *workflow,
    const struct observation *observations, const struct node_view *views, const struct reconcile_options *options,
    int64_t now);

/* How a look has ended. */
struct reconcile_answer {
    int64_t asked;        /* when it was sent */
    bool full;            /* for all nodes */
    bool changed, failed; /* it brought news, perhaps only a line of a log; or nothing at all */
};
void reconcile_answered(struct reconcile_host *host, const struct reconcile_answer *answer, int64_t now);

/* Something was done there, or a state has changed: looks come fast again. */
void reconcile_hurry(struct reconcile_host *host, int64_t now);

/* A person looks: whatever the interval has drifted to, it is the plain one again. */
void reconcile_attend(struct reconcile_host *host, int64_t now);

/* Milliseconds between two looks at live nodes now, jitter apart. */
int64_t reconcile_interval(const struct reconcile_host *host, const struct reconcile_options *options, int64_t now);

/* True where the node could change without this program: live, or ready while somebody else drives. */
bool reconcile_can_change(
    const struct reconcile_host *host, const struct reconcile_node *node, const struct node_view *view);

/* The number that the next attempt of a node has. */
unsigned reconcile_next_attempt(const struct observation *observation);

#endif
