/* SPDX-License-Identifier: Apache-2.0 */
/* The front of a stream through ssh: its steps up to the shell, and the questions on the way. */
#include <config.h>

#include "dagtop/transport/transport_ssh.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ssh_front.h"

#include "dagtop/base/log.h"
#include "dagtop/base/memory.h"
#include "dagtop/base/utf8.h"

enum {
    QUERY_LIMIT = 3000,    /* for ssh -G and ssh -O check */
    SHELL_LIMIT = 20000,   /* from the login to the shell's proof: files of the login shell may be slow */
    NOISE_LIMIT = 1 << 20, /* that a login shell may say before */
    QUESTION_TEXT_LIMIT = 4096
};

/* What the thread looks at, apart from the front, which may be gone before it ends. */
struct ssh_look {
    struct ssh_front *front; /* not for the thread */
    struct ssh_config config;
    struct ssh_surroundings surroundings;
    char *home;
    unsigned port;
};

bool ssh_way_from_word(const char *word, enum ssh_way *way)
{
    static const char *const words[] = {
        [SSH_WAY_AUTO] = "auto", [SSH_WAY_LIBSSH] = "libssh", [SSH_WAY_OPENSSH] = "openssh"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!word || strcmp(word, words[i]) == 0) {
            *way = (enum ssh_way)i;
            return true;
        }
    }
    return false;
}

static bool is_plain_word(const char *word)
{
    if (*word == 0 || *word == '-' || strlen(word) > 1000)
        return false;
    for (; *word; word++)
        if ((unsigned char)*word <= ' ' || *word == 0x7f)
            return false;
    return true;
}

enum status ssh_target_check(const struct ssh_target *target, struct error *error)
{
    if (!is_plain_word(target->name))
        return error_set(error, STATUS_INVALID, "this is no name of a host");
    if (target->user && (!is_plain_word(target->user) || target->user[strcspn(target->user, "'\"`$\\;&|<>(){}")]))
        return error_set(error, STATUS_INVALID, "this is no name of a user on %s", target->name);
    if (target->port > 65535)
        return error_set(error, STATUS_INVALID, "there is no port %u on %s", target->port, target->name);
    return STATUS_OK;
}

/* ---- the end ---- */

/* What was typed does not stay in memory. */
static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void forget_question(struct ssh_front *front)
{
    wipe(&front->answer);
    free(front->question_text);
    front->question_text = NULL;
}

static void end(struct ssh_front *front, const struct error *reason)
{
    log_write("transport", "%s: %s", front->target.name, reason->message);
    transport_report_ended(&front->transport, reason);
}

static void fail(struct ssh_front *front, enum status status, const char *sentence)
{
    struct error error;
    error_set(&error, status, "%s", sentence);
    end(front, &error);
}

void ssh_front_ended(struct ssh_front *front, const struct error *reason, bool has_ended_well)
{
    if (has_ended_well && !front->is_proved)
        fail(front, STATUS_UNSUPPORTED, "the login ends before a shell answers: is a command forced there?");
    else
        end(front, reason);
}

/* ---- the shell's proof ---- */

/* A POSIX shell computes the answer; what only repeats its input, or another shell, does not give it. */
void ssh_front_append_probe(const struct ssh_front *front, struct text *text)
{
    text_init(text, 0);
    text_append_format(text, "v=$((6*7)); printf '\\n%%s%%s%%s\\n' %.16s %s \"$v\"\n", front->token, front->token + 16);
}

static void call_late(void *argument)
{
    struct ssh_front *front = argument;
    if (front->is_connected && front->noise.length)
        fail(front, STATUS_UNSUPPORTED, "what answers there is no POSIX shell");
    else if (front->is_connected)
        fail(front, STATUS_TIMEOUT, "the login shell does not answer");
    else if (front->question_text) {
        front->is_late = front->is_answered = true;
        loop_hook_ask(front->hook);
    }
}

void ssh_front_connected(struct ssh_front *front)
{
    ssh_ticket_free(front->ticket);
    front->ticket = NULL;
    front->is_connected = true;
    loop_timer_start(front->timer, SHELL_LIMIT, 0);
}

static bool take_proof(struct ssh_front *front)
{
    struct text *noise = &front->noise;
    char *mark = memory_format("\n%s42\n", front->token);
    size_t length = strlen(mark);
    const char *place = noise->length ? memmem(noise->data, noise->length, mark, length) : NULL;
    free(mark);
    if (!place)
        return false;
    text_consume(noise, (size_t)(place - noise->data) + length);
    return true;
}

bool ssh_front_received(struct ssh_front *front, const char *bytes, size_t length)
{
    if (front->is_proved)
        return transport_report_received(&front->transport, bytes, length);
    if (!front->is_connected)
        ssh_front_connected(front);
    text_append(&front->noise, bytes, length);
    if (!take_proof(front)) {
        if (front->noise.overflowed)
            fail(front, STATUS_UNSUPPORTED, "the login says too much before a shell answers");
        return !front->noise.overflowed;
    }
    struct text rest = front->noise;
    text_init(&front->noise, NOISE_LIMIT);
    front->is_proved = true;
    loop_timer_stop(front->timer);
    bool goes_on = transport_report_opened(&front->transport);
    if (goes_on && rest.length)
        goes_on = transport_report_received(&front->transport, rest.data, rest.length);
    text_release(&rest);
    return goes_on;
}

/* ---- questions ---- */

bool ssh_front_can_ask(const struct ssh_front *front)
{
    return front->asked != NULL;
}

static bool tell_question(struct ssh_front *front, const struct ssh_question *question)
{
    transport_begin_event(&front->transport);
    front->asked(front->transport.events.argument, question);
    return transport_end_event(&front->transport);
}

/* Lines stay lines; everything else that is not text becomes visible. */
static char *cleaned(const char *raw)
{
    struct text text;
    text_init(&text, QUESTION_TEXT_LIMIT);
    while (*raw) {
        size_t length = strcspn(raw, "\r\n");
        utf8_append_safe(&text, raw, length);
        raw += length;
        if (*raw == '\n')
            text_append_byte(&text, '\n');
        raw += *raw != 0;
    }
    while (text.length && strchr("\n ", text.data[text.length - 1]))
        text_truncate(&text, text.length - 1);
    return text_take(&text);
}

bool ssh_front_ask(struct ssh_front *front, enum ssh_question_kind kind, const char *text)
{
    forget_question(front);
    front->is_answered = front->is_late = false;
    front->question_text = cleaned(text);
    front->question = (struct ssh_question){
        .host = front->target.name, .text = front->question_text, .kind = kind, .number = ++front->questions};
    if (!front->asked) {
        front->is_answered = true;
        loop_hook_ask(front->hook);
        return true;
    }
    if (kind != SSH_QUESTION_NOTICE)
        loop_timer_start(front->timer, SSH_QUESTION_LIMIT, 0);
    return tell_question(front, &front->question);
}

bool ssh_front_withdraw(struct ssh_front *front)
{
    if (!front->question_text)
        return true;
    forget_question(front);
    front->is_answered = false;
    loop_timer_stop(front->timer);
    return !front->asked || tell_question(front, NULL);
}

/* In a turn of its own: whoever answers may be in the middle of being asked. */
static void hand_over(void *argument)
{
    struct ssh_front *front = argument;
    if (!front->question_text || !front->is_answered)
        return;
    char *answer = front->answer;
    bool nobody = !front->asked;
    front->answer = NULL;
    if (!ssh_front_withdraw(front)) {
        wipe(&answer);
        return;
    }
    if (!answer && !nobody)
        fail(front, STATUS_CANCELLED,
            front->is_late ? "nobody has answered within 110 seconds" : "the login was cancelled");
    else
        front->operations->answer(front->way, answer);
    wipe(&answer);
}

static void answer(struct transport *transport, const char *text)
{
    struct ssh_front *front = (struct ssh_front *)transport;
    if (!front->question_text || front->is_answered)
        return;
    front->answer = memory_copy_text(text);
    front->is_answered = true;
    loop_hook_ask(front->hook);
}

/* ---- the steps ---- */

static void describe_way(struct ssh_front *front, const char *reason)
{
    bool is_libssh = front->operations == &ssh_way_libssh;
    snprintf(front->description, sizeof front->description, "%s%s%s", is_libssh ? "libssh" : "openssh",
        reason ? ", because " : "", reason ? reason : "");
}

static void open_way(struct ssh_front *front)
{
    struct error error;
    const char *reason = ssh_choice_reason(&front->config, &front->surroundings);
    bool is_libssh = front->target.way == SSH_WAY_LIBSSH || (front->target.way == SSH_WAY_AUTO && !reason);
    front->operations = is_libssh ? &ssh_way_libssh : &ssh_way_openssh;
    describe_way(front, front->target.way == SSH_WAY_AUTO ? reason : "the config file says so");
    if (is_libssh && front->surroundings.has_marked_key) {
        fail(front, STATUS_UNSUPPORTED,
            "known_hosts holds @revoked, @cert-authority or '!' for it, which libssh does not know: use transport: "
            "openssh");
        return;
    }
    if (front->operations->open(front, &front->way, &error) != STATUS_OK)
        end(front, &error);
}

static void look(void *argument)
{
    struct ssh_look *what = argument;
    ssh_surroundings_look(&what->surroundings, &what->config, what->home, what->port);
}

static void look_release(void *argument)
{
    struct ssh_look *what = argument;
    ssh_config_release(&what->config);
    free(what->home);
    free(what);
}

static void look_done(void *argument)
{
    struct ssh_look *what = argument;
    struct ssh_front *front = what->front;
    bool has_master = front->surroundings.has_master;
    front->config = what->config;
    what->config = (struct ssh_config){0};
    front->surroundings = what->surroundings;
    front->surroundings.has_master = has_master;
    loop_work_free(front->work);
    front->work = NULL;
    open_way(front);
}

/* The files that decide are looked at on a thread: they may lie on a network. */
static void begin_look(struct ssh_front *front)
{
    struct ssh_look *what = memory_new(sizeof *what);
    struct error error;
    what->front = front;
    what->config = front->config;
    front->config = (struct ssh_config){0};
    what->home = memory_copy_text(front->home);
    what->port = ssh_config_number(&what->config, "port", 22);
    if (loop_work_new(front->transport.loop, look, look_done, look_release, what, &front->work, &error) != STATUS_OK)
        end(front, &error);
}

static void master_answered(void *argument, int exit_status, const struct text *output, const struct text *trouble)
{
    struct ssh_front *front = argument;
    (void)output;
    (void)trouble;
    front->surroundings.has_master = exit_status == 0;
    ssh_command_free(front->command);
    front->command = NULL;
    begin_look(front);
}

/* True where the check has begun. */
static bool check_master(struct ssh_front *front)
{
    const char *path = ssh_config_value(&front->config, "controlpath");
    struct stat found;
    struct error error;
    if (!path || front->target.way == SSH_WAY_LIBSSH || lstat(path, &found) < 0 || !S_ISSOCK(found.st_mode))
        return false;
    struct ssh_words words = {0};
    ssh_words_add(&words, "ssh");
    ssh_words_add(&words, "-Ocheck");
    ssh_words_add_target(&words, &front->target);
    enum status status =
        ssh_command_new(front->transport.loop, &words, QUERY_LIMIT, master_answered, front, &front->command, &error);
    ssh_words_release(&words);
    return status == STATUS_OK;
}

/* The last line that ssh(1) said, cleaned; the caller frees it. */
static char *last_line(const struct text *trouble)
{
    size_t end = trouble->length;
    while (end && strchr("\r\n ", trouble->data[end - 1]))
        end--;
    size_t begin = end;
    while (begin && trouble->data[begin - 1] != '\n')
        begin--;
    struct text line;
    text_init(&line, 500);
    utf8_append_safe(&line, trouble->data + begin, end - begin);
    return text_take(&line);
}

static void config_answered(void *argument, int exit_status, const struct text *output, const struct text *trouble)
{
    struct ssh_front *front = argument;
    if (exit_status == 0)
        ssh_config_read(&front->config, output->data);
    char *line = last_line(trouble);
    ssh_command_free(front->command);
    front->command = NULL;
    struct error error;
    if (exit_status != 0 || !ssh_config_value(&front->config, "hostname")) {
        error_set(&error, exit_status < 0 ? STATUS_TIMEOUT : STATUS_INVALID, "ssh -G does not answer%s%s",
            *line ? ": " : "", line);
        end(front, &error);
    } else if (!check_master(front)) {
        begin_look(front);
    }
    free(line);
}

static void call_passed(void *argument)
{
    struct ssh_front *front = argument;
    struct ssh_words words = {0};
    struct error error;
    ssh_words_add(&words, "ssh");
    ssh_words_add(&words, "-G");
    ssh_words_add_target(&words, &front->target);
    enum status status =
        ssh_command_new(front->transport.loop, &words, QUERY_LIMIT, config_answered, front, &front->command, &error);
    ssh_words_release(&words);
    if (status != STATUS_OK)
        end(front, &error);
}

/* ---- as a transport ---- */

static size_t write_some(struct transport *transport, const char *bytes, size_t length)
{
    struct ssh_front *front = (struct ssh_front *)transport;
    return front->operations->write(front->way, bytes, length);
}

static void stop(struct transport *transport)
{
    struct ssh_front *front = (struct ssh_front *)transport;
    if (front->way)
        front->operations->free(front->way);
    front->way = NULL;
    ssh_command_free(front->command);
    loop_work_free(front->work);
    ssh_ticket_free(front->ticket);
    loop_timer_free(front->timer);
    loop_hook_free(front->hook);
    forget_question(front);
}

static void release(struct transport *transport)
{
    struct ssh_front *front = (struct ssh_front *)transport;
    ssh_config_release(&front->config);
    text_release(&front->noise);
    free((char *)front->target.name);
    free((char *)front->target.user);
    free(front->home);
}

static const char *describe(const struct transport *transport)
{
    return ((const struct ssh_front *)transport)->description;
}

static const struct transport_operations operations = {
    .write = write_some, .stop = stop, .release = release, .answer = answer, .describe = describe};

/* The home that ssh(1) itself looks into. */
static char *find_home(void)
{
    const struct passwd *user = getpwuid(getuid());
    const char *home = user ? user->pw_dir : getenv("HOME");
    return memory_copy_text(home ? home : "/");
}

enum status transport_open_ssh(struct loop *loop, struct ssh_gate *gate, const struct ssh_target *target,
    const struct transport_events *events, ssh_ask_function *asked, struct transport **result, struct error *error)
{
    enum status status = ssh_target_check(target, error);
    if (status != STATUS_OK)
        return status;
    struct ssh_front *front = memory_new(sizeof *front);
    transport_init(&front->transport, &operations, loop, events);
    front->target = *target;
    front->target.name = memory_copy_text(target->name);
    front->target.user = memory_copy_text(target->user);
    front->home = find_home();
    front->asked = asked;
    front->timer = loop_timer_new(loop, call_late, front);
    front->hook = loop_hook_new(loop, hand_over, front);
    random_token(front->token);
    text_init(&front->noise, NOISE_LIMIT);
    snprintf(front->description, sizeof front->description, "ssh");
    front->gate = gate;
    front->ticket = ssh_ticket_new(gate, front->target.name, call_passed, front);
    *result = &front->transport;
    return STATUS_OK;
}
