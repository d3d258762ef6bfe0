/* SPDX-License-Identifier: Apache-2.0 */
/* Whether libssh can do what a host's configuration asks for, or ssh(1) has to. */
#ifndef DAGTOP_SSH_CHOICE_H
#define DAGTOP_SSH_CHOICE_H

#include "dagtop/transport/transport_ssh.h"
#include "ssh_config.h"

/* What lies around on this machine. */
struct ssh_surroundings {
    bool has_agent, has_tickets;  /* an agent of keys; a cache of Kerberos tickets */
    bool has_hardware_key;        /* an identity file of a security key */
    bool has_lone_certificate;    /* a certificate that belongs to no identity file */
    bool has_marked_key;          /* @revoked, @cert-authority or '!' for this host */
    bool has_several_known_hosts; /* files with content, of the user's or of the system's */
    bool has_master;              /* a live ControlMaster */
};

/*
 * Looks at the files that the configuration names. It may block: call it on a thread. has_master is left alone.
 */
void ssh_surroundings_look(
    struct ssh_surroundings *surroundings, const struct ssh_config *config, const char *home, unsigned port);

/* NULL where libssh can do it; else the reason why ssh(1) has to: "ProxyJump is set". */
const char *ssh_choice_reason(const struct ssh_config *config, const struct ssh_surroundings *surroundings);

/* Whether a line of known_hosts says something of the host that libssh does not understand: @revoked or
 * @cert-authority, also where it only may concern it (hashed names), or a pattern with '!' that takes it out. */
bool ssh_choice_marks(const char *line, const char *host, unsigned port);

#endif
