/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of mistake in a workflow file with its exact message, and what good files become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "dagtop/load/workflow_file.h"

struct told_case {
    const char *yaml;
    const char *told; /* "LINE:COLUMN: message" a line, errors first, then "LINE:COLUMN: warning: message" */
};

static const struct told_case told_cases[] = {
    {"", "1:1: the file is empty, expected a map with the key workflow\n"},
    {"[a, b]", "1:1: the file is a list, expected a map with the key workflow\n"},
    {"text", "1:1: the file is \"text\", expected a map with the key workflow\n"},
    {"work: {nodes: {a: }}", "1:1: the file has no key workflow, expected it at the top\n"
                             "1:1: warning: unknown key \"work\", ignored\n"},
    {"workfow: {nodes: {a: }}", "1:1: unknown key \"workfow\", did you mean \"workflow\"?\n"},
    {"workflow:", "1:10: workflow is empty, expected a map with nodes\n"},
    {"workflow: [a]", "1:11: workflow is a list, expected a map with nodes\n"},
    {"workflow: {}", "1:11: the workflow has neither nodes nor dependencies, expected a map of nodes\n"},
    {"workflow: {nodes: {a: }}\n---\nx: 1\n", "2:1: a second YAML document begins, expected one\n"},
    {"workflow: {nodes: {a: }",
        "2:1: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping that began at line 1\n"},
    {"workflow:\n\011nodes: {}\n", "2:1: not valid YAML: the line is indented by a tab, expected blanks\n"},
    {"workflow:\n  nodes: {a: *b}\n",
        "2:14: the alias \"b\" stands for nothing, expected a value with that anchor before it\n"},
    {"workflow: {nodes: {a: {? [x] : 1}}}", "1:26: a key is a list, expected a text\n"},
    {"workflow: {nodes: {a: {label: \"x\\0y\"}}}", "1:31: a text holds a NUL byte, expected text\n"},
    {"workflow: \377\n", "1:11: not readable as text: invalid leading UTF-8 octet, expected UTF-8\n"},
    {"workflow: {nodes: {~: }}", "1:20: a key is empty, expected a text\n"},
    {"workflow: {nodes: {a: &x [*x]}}",
        "1:23: node \"a\": it is a list, expected a map\n"
        "1:27: the alias \"x\" stands for nothing, expected a value with that anchor before it\n"},
    {"workflow: {nodes: {a: {<<: 3}}}", "1:28: the merge key << has \"3\", expected a map\n"},
    {"workflow:\n  name: a/b\n  nodes: {a: }\n",
        "2:9: workflow: name is \"a/b\", expected a name that can be a directory\n"},
    {"workflow:\n  name: [a]\n  nodes: {a: }\n", "2:9: workflow: name is a list, expected a text\n"},
    {"workflow:\n  jobs: 0\n  nodes: {a: }\n",
        "2:9: workflow: jobs is \"0\", expected a whole number from 1 to 10000\n"},
    {"workflow:\n  jobs: many\n  nodes: {a: }\n",
        "2:9: workflow: jobs is \"many\", expected a whole number from 1 to 10000\n"},
    {"workflow:\n  node: {a: }\n", "2:3: workflow: unknown key \"node\", did you mean \"nodes\"?\n"
                                   "2:3: the workflow has neither nodes nor dependencies, expected a map of nodes\n"},
    {"workflow:\n  nodes: {a: }\n  dependancies: []\n",
        "3:3: workflow: unknown key \"dependancies\", did you mean \"dependencies\"?\n"},
    {"workflow:\n  nodes: {a: }\n  directory: {b: c}\n", "3:14: workflow: directory is a map, expected a text\n"},
    {"workflow:\n  nodes: {a: }\n  directory: \"a\\e[m\"\n",
        "3:14: workflow: directory is \"a^[[m\", expected a text without control characters\n"},
    {"workflow:\n  nodes: [a, b]\n", "2:10: nodes is a list, expected a map\n"},
    {"workflow:\n  nodes: a\n", "2:10: nodes is \"a\", expected a map\n"},
    {"workflow:\n  nodes: {a: }\ncolors: [a]\n", "3:9: colors: it is a list, expected a map\n"},
    {"workflow:\n  nodes: {a: }\ncolors: {status: {done: [a]}}\n",
        "3:25: colors: \"done\" in status is a list, expected a text\n"},
    {"workflow:\n  nodes: {a: }\n  defaults: [a]\n", "3:13: defaults is a list, expected a map\n"},
    {"workflow:\n  nodes: {a: }\n  defaults: {name: a, status: done}\n",
        "3:14: defaults: name is each node's own, expected an attribute that many share\n"
        "3:23: defaults: status is each node's own, expected an attribute that many share\n"},
    {"workflow:\n  nodes: {a: }\n  defaults: {retries: x}\n",
        "3:23: defaults: retries is \"x\", expected a whole number from 0 to 100\n"},
    {"workflow:\n  nodes:\n    a: {kind: local}\n    b:\n    a: {kind: ssh}\n",
        "5:5: the key \"a\" stands at line 3, column 5 already, expected it once\n"},
    {"workflow:\n  nodes:\n    a: hello\n", "3:8: node \"a\": it is \"hello\", expected a map\n"},
    {"workflow:\n  nodes:\n    a: [b]\n", "3:8: node \"a\": it is a list, expected a map\n"},
    {"workflow:\n  nodes:\n    a/b:\n", "3:5: node \"a/b\": a node's name holds a '/' (it becomes a directory)\n"},
    {"workflow:\n  nodes:\n    .a:\n", "3:5: node \".a\": a node's name begins with '.' or '-'\n"},
    {"workflow:\n  nodes:\n    -a:\n", "3:5: node \"-a\": a node's name begins with '.' or '-'\n"},
    {"workflow:\n  nodes:\n    \"\":\n", "3:5: node \"\": a node's name is empty\n"},
    {"workflow:\n  nodes:\n    \"a\\tb\":\n", "3:5: node \"a b\": a node's name holds a control character\n"},
    {"workflow:\n  nodes:\n    a: {name: b}\n", "3:15: node \"a\": name is \"b\", expected \"a\" as its key says\n"},
    {"workflow:\n  nodes:\n    a: {name: [b]}\n", "3:15: node \"a\": name is a list, expected \"a\" as its key says\n"},
    {"workflow:\n  nodes:\n    a: {kind: [ssh]}\n",
        "3:15: node \"a\": kind is a list, expected local, ssh, slurm, wsl or lsf\n"},
    {"workflow:\n  nodes:\n    a: {kind: lsf, exec: x, array: s}\n",
        "3:36: node \"a\": array is \"s\", but LSF takes jobs one by one: only nodes of the kind slurm become one job "
        "array\n"},
    {"workflow:\n  nodes:\n    a: {script: [x]}\n", "3:17: node \"a\": script is a list, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {script: \"x\\ny\"}\n",
        "3:17: node \"a\": script is \"x^Jy\", expected a text without control characters\n"},
    {"workflow:\n  nodes:\n    a: {exec: {b: c}}\n", "3:15: node \"a\": exec is a map, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {label: [x]}\n", "3:16: node \"a\": label is a list, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {host: [x]}\n", "3:15: node \"a\": host is a list, expected a host name\n"},
    {"workflow:\n  nodes:\n    a: {kind: ssh, host: -oProxyCommand=x}\n",
        "3:26: node \"a\": host is \"-oProxyCommand=x\", expected a name without blanks and without a leading '-'\n"
        "3:5: warning: node \"a\": there is nothing to run, expected script, exec or a file a.sh\n"},
    {"workflow:\n  nodes:\n    a: {kind: ssh, host: a b}\n",
        "3:26: node \"a\": host is \"a b\", expected a name without blanks and without a leading '-'\n"
        "3:5: warning: node \"a\": there is nothing to run, expected script, exec or a file a.sh\n"},
    {"workflow:\n  nodes:\n    a: {user: \"-x\"}\n",
        "3:15: node \"a\": user is \"-x\", expected a name without blanks and without a leading '-'\n"},
    {"workflow:\n  nodes:\n    a: {user: {b: c}}\n", "3:15: node \"a\": user is a map, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {status: [done]}\n", "3:17: node \"a\": status is a list, expected done or ready\n"},
    {"workflow:\n  nodes:\n    a: {retries: two}\n",
        "3:18: node \"a\": retries is \"two\", expected a whole number from 0 to 100\n"},
    {"workflow:\n  nodes:\n    a: {retries: -1}\n",
        "3:18: node \"a\": retries is \"-1\", expected a whole number from 0 to 100\n"},
    {"workflow:\n  nodes:\n    a: {retries: 101}\n",
        "3:18: node \"a\": retries is \"101\", expected a whole number from 0 to 100\n"},
    {"workflow:\n  nodes:\n    a: {gpus: 1.5}\n",
        "3:15: node \"a\": gpus is \"1.5\", expected a whole number from 0 to 1024\n"},
    {"workflow:\n  nodes:\n    a: {timeout: soon}\n",
        "3:18: node \"a\": timeout is \"soon\", expected a duration like 90s, 15m or 1h30m\n"},
    {"workflow:\n  nodes:\n    a: {timeout: 0}\n",
        "3:18: node \"a\": timeout is \"0\", expected a duration from 1 to 31622400 seconds\n"},
    {"workflow:\n  nodes:\n    a: {timeout: [1]}\n",
        "3:18: node \"a\": timeout is a list, expected a duration like 90s, 15m or 1h30m\n"},
    {"workflow:\n  nodes:\n    a: {timeout: 400d}\n",
        "3:18: node \"a\": timeout is \"400d\", expected a duration from 1 to 31622400 seconds\n"},
    {"workflow:\n  nodes:\n    a: {env: [A]}\n", "3:14: node \"a\": env is a list, expected a map\n"},
    {"workflow:\n  nodes:\n    a: {env: x}\n", "3:14: node \"a\": env is \"x\", expected a map\n"},
    {"workflow:\n  nodes:\n    a: {env: {1A: x}}\n",
        "3:15: node \"a\": \"1A\" in env is no name of a variable, expected letters, digits and '_'\n"},
    {"workflow:\n  nodes:\n    a: {env: {A: [x]}}\n", "3:18: node \"a\": \"A\" in env is a list, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {slurm: {--time: x}}\n",
        "3:17: node \"a\": \"--time\" in slurm is no long option of sbatch, expected a word like partition\n"},
    {"workflow:\n  nodes:\n    a: {slurm: {time: \"1\\n2\"}}\n",
        "3:17: node \"a\": \"time\" in slurm has a value of several lines, expected one\n"},
    {"workflow:\n  nodes:\n    a: {sweep: [x]}\n", "3:16: node \"a\": sweep is a list, expected a map\n"},
    {"workflow:\n  nodes:\n    a: {sweep: {x: {y: z}}}\n",
        "3:20: node \"a\": \"x\" in sweep is a map, expected a text\n"},
    {"workflow:\n  nodes:\n    a: {files: {x: y}}\n", "3:16: node \"a\": files is a map, expected a list of paths\n"},
    {"workflow:\n  nodes:\n    a: {files: [x, [y], '']}\n",
        "3:20: node \"a\": a name in files is a list, expected a path\n"
        "3:25: node \"a\": a name in files is \"\", expected a path\n"
        "3:5: warning: node \"a\": there is nothing to run, expected script, exec or a file a.sh\n"},
    {"workflow:\n  nodes:\n    a: {files: [\"a\\nb\"]}\n",
        "3:17: node \"a\": a name in files is \"a^Jb\", expected a text without control characters\n"},
    {"workflow:\n  nodes: {a: , b: }\n  dependencies: a,b\n",
        "3:17: dependencies is \"a,b\", expected a list of chains\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,b,a/b\n",
        "4:7: \"a/b\" is no name of a node: a node's name holds a '/' (it becomes a directory)\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,b\n    - b,c\n    - c,a\n",
        "4:7: a cycle of 3 nodes: a -> b -> c -> a, expected no node to wait for itself\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - [a, a]\n",
        "4:11: node \"a\" depends on itself, expected another node before it\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - [a, {b: c}]\n",
        "4:11: a step is a map, expected names of nodes or a list of them\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - [a, ]\n    - [a, ~]\n",
        "5:11: a step is empty, expected names of nodes or a list of them\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - {a: b}\n",
        "4:7: a dependency is a map, expected a chain like a,b,c or a list of steps\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    -\n",
        "4:6: a dependency is empty, expected a chain like a,b,c or a list of steps\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,b[1-\n",
        "4:10: \"a,b[1-\" is no list of names: a '[' that is never closed\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - 'a,b[3-1]'\n",
        "4:12: \"a,b[3-1]\" is no list of names: this range runs backwards\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,,b\n",
        "4:9: \"a,,b\" is no list of names: a name is missing here\n"},
    {"workflow:\n  nodes: {a: , b: }\n  dependencies: {a-b: {source: a}}\n",
        "3:23: dependency \"a-b\": destination is missing, expected a text\n"},
    {"workflow:\n  nodes: {a: , b: }\n  dependencies: {a-b: {source: a, destination: a}}\n",
        "3:23: dependency \"a-b\": node \"a\" depends on itself, expected another node before it\n"},
    {"workflow:\n  nodes: {a: , b: }\n  dependencies: {a: [b], c: }\n",
        "3:21: dependency \"a\": it is a list, expected a map with source and destination\n"
        "3:29: dependency \"c\": it is empty, expected a map with source and destination\n"},
    {"workflow:\n  nodes: {a: , b: }\n  dependencies: {x: {source: a, destination: b}, y: {source: b, destination: "
     "a}}\n",
        "3:21: a cycle of 2 nodes: a -> b -> a, expected no node to wait for itself\n"},
    {"workflow:\n  jobs: x\n  nodes:\n    a: {retries: x, gpus: x}\n  dependencies:\n    - a,a/b\n  name: .x\n",
        "2:9: workflow: jobs is \"x\", expected a whole number from 1 to 10000\n"
        "4:18: node \"a\": retries is \"x\", expected a whole number from 0 to 100\n"
        "4:27: node \"a\": gpus is \"x\", expected a whole number from 0 to 1024\n"
        "6:7: \"a/b\" is no name of a node: a node's name holds a '/' (it becomes a directory)\n"
        "7:9: workflow: name is \".x\", expected a name that can be a directory\n"},
    {"workflow:\n  nodes:\n    \"a\\e[31m\": {name: x}\n",
        "3:5: node \"a^[[31m\": a node's name holds a control character\n"},
    {"workflow:\n  nodes:\n    a: {retries: \"\\e[2J\\u202e\"}\n",
        "3:18: node \"a\": retries is \"^[[2J<U+202E>\", expected a whole number from 0 to 100\n"},
    {"workflow:\n  nodes:\n    a: {kind: docker}\n",
        "3:15: warning: node \"a\": kind is \"docker\", runs as local; expected local, ssh, slurm, wsl or lsf\n"},
    {"workflow:\n  nodes:\n    a: {script: /nowhere/no.sh}\n",
        "3:17: warning: node \"a\": the script \"/nowhere/no.sh\" does not exist, expected a file at "
        "\"/nowhere/no.sh\"\n"},
    {"workflow:\n  nodes:\n    a: {scirpt: x}\n",
        "3:9: warning: node \"a\": the attribute \"scirpt\" has no meaning here, did you mean \"script\"?\n"},
    {"workflow:\n  nodes:\n    a: {status: done}\n", "3:17: warning: node \"a\": status is done, counted as skipped\n"},
    {"workflow:\n  nodes:\n    a: {kind: ssh}\n",
        "3:5: warning: node \"a\": there is nothing to run, expected script, exec or a file a.sh\n"},
    {"workflow:\n  nodes:\n    a: {env: {A: 1}}\n",
        "3:5: warning: node \"a\": there is nothing to run, expected script, exec or a file a.sh\n"},
    {"workflow:\n  nodes:\n    'a[1-3]':\n",
        "3:5: warning: node \"a[1-3]\": a key is one name: ranges and lists are not expanded here\n"},
    {"workflow:\n  nodes: {}\n", "2:3: warning: the workflow has no nodes\n"},
    {"workflow:\n  nodes: {a: }\n  owner: me\n", "3:3: warning: workflow: unknown key \"owner\", ignored\n"},
    {"extra: 1\nworkflow: {nodes: {a: }}\n", "1:1: warning: unknown key \"extra\", ignored\n"},
    {"workflow:\n  nodes:\n    a: {script: /nowhere/no.sh, exec: x}\n",
        "3:17: warning: node \"a\": the script \"/nowhere/no.sh\" does not exist, exec is used\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,b,a\n",
        "4:7: warning: node \"a\" stands twice in one chain, the first counts\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - [a, 'b,b']\n",
        "4:11: warning: node \"b\" stands twice in one step, the first counts\n"},
    {"workflow:\n  nodes: {a: , b: , c: }\n  dependencies:\n    - a,d\n",
        "4:7: warning: node \"d\" is declared only in dependencies\n"},
    {"workflow:\n  nodes:\n    train:\n  dependencies: ['trian,x', 'train-1,train']\n",
        "4:18: warning: node \"trian\" is declared only in dependencies, did you mean \"train\"?\n"
        "4:18: warning: node \"x\" is declared only in dependencies\n"
        "4:29: warning: node \"train-1\" is declared only in dependencies\n"},
    {"workflow:\n  nodes:\n    a: {shape: box, style: filled, color: red, font: x}\n", ""},
};

static void append_told(struct text *told, const struct error_list *list, const char *what)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct error *error = &list->errors[i];
        assert_string_equal(error->file, "wf.yaml");
        text_append_format(told, "%u:%u: %s%s\n", error->line, error->column, what, error->message);
    }
}

/* Parses a text as wf.yaml; the caller frees the workflow, or gets NULL; told gets all messages. */
static struct workflow *parse(const char *yaml, const struct settings *settings, struct text *told)
{
    struct error_list errors, warnings;
    struct workflow *workflow;
    error_list_init(&errors);
    error_list_init(&warnings);
    enum status status = workflow_file_parse(yaml, strlen(yaml), "wf.yaml", settings, &workflow, &errors, &warnings);
    assert_true((status == STATUS_OK) == (workflow != NULL));
    assert_true((status == STATUS_OK) == (errors.count == 0));
    append_told(told, &errors, "");
    append_told(told, &warnings, "warning: ");
    error_list_release(&errors);
    error_list_release(&warnings);
    return workflow;
}

static void test_what_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof told_cases / sizeof *told_cases; i++) {
        struct text told;
        text_init(&told, 0);
        workflow_free(parse(told_cases[i].yaml, NULL, &told));
        if (strcmp(told.data, told_cases[i].told) != 0)
            print_error("case %zu:\n%s\n", i, told_cases[i].yaml);
        assert_string_equal(told.data, told_cases[i].told);
        text_release(&told);
    }
}

/* The workflow of a file in which nothing is wrong. */
static struct workflow *parse_good(const char *yaml)
{
    struct text told;
    text_init(&told, 0);
    struct workflow *workflow = parse(yaml, NULL, &told);
    assert_string_equal(told.data, "");
    text_release(&told);
    assert_non_null(workflow);
    return workflow;
}

static const struct node *node_of(const struct workflow *workflow, const char *name)
{
    size_t index;
    assert_true(workflow_find(workflow, name, &index));
    return &workflow->nodes[index];
}

/* All edges as "a>b ", by child in the order of the file. */
static void assert_edges(const struct workflow *workflow, const char *expected)
{
    struct text edges;
    text_init(&edges, 0);
    for (size_t i = 0; i < workflow->node_count; i++)
        for (size_t j = 0; j < workflow->nodes[i].parent_count; j++)
            text_append_format(
                &edges, "%s>%s ", workflow->nodes[workflow->nodes[i].parents[j]].name, workflow->nodes[i].name);
    assert_string_equal(edges.data, expected);
    text_release(&edges);
}

static void test_every_attribute(void **state)
{
    (void)state;
    struct workflow *workflow = parse_good("workflow:\n"
                                           "  name: cloudmask\n"
                                           "  directory: ~/experiment\n"
                                           "  jobs: 8\n"
                                           "  nodes:\n"
                                           "    fetch-data:\n"
                                           "      name: fetch-data\n"
                                           "      kind: slurm\n"
                                           "      host: rivanna\n"
                                           "      user: gregor\n"
                                           "      status: ready\n"
                                           "      label: '{name}\\nprogress={progress}'\n"
                                           "      exec: 'echo hello'\n"
                                           "      venv: ~/ENV3\n"
                                           "      env: {KEY: value, EMPTY: , N: 1}\n"
                                           "      slurm: {partition: gpu, time: \"01:00:00\", exclusive: }\n"
                                           "      statusfile: s.txt\n"
                                           "      logfile: l.txt\n"
                                           "      array: train\n"
                                           "      directory: ~/work\n"
                                           "      gpus: 1\n"
                                           "      files: [model.py, data/]\n"
                                           "      retries: 2\n"
                                           "      retries_lost: 1\n"
                                           "      timeout: 1h30m\n"
                                           "      sweep: {epoch: 30, lr: 0.1}\n"
                                           "      shape: box\n"
                                           "      owner: {name: me, groups: [a, b]}\n"
                                           "colors:\n"
                                           "  status: {ready: white, done: '#CCFFCC'}\n");
    const struct node *node = node_of(workflow, "fetch-data");
    assert_string_equal(workflow->name, "cloudmask");
    assert_string_equal(workflow->directory, "~/experiment");
    assert_int_equal(workflow->jobs, 8);
    assert_string_equal(attributes_get(&workflow->colors, "done"), "#CCFFCC");
    assert_int_equal(node->kind, NODE_KIND_SLURM);
    assert_null(node->kind_text);
    assert_string_equal(node->host, "rivanna");
    assert_string_equal(node->user, "gregor");
    assert_false(node->status_done);
    assert_string_equal(node->label, "{name}\\nprogress={progress}");
    assert_string_equal(node->exec, "echo hello");
    assert_int_equal(node->work, NODE_WORK_COMMAND);
    assert_string_equal(node->venv, "~/ENV3");
    assert_int_equal(node->env.count, 3);
    assert_string_equal(attributes_get(&node->env, "EMPTY"), "");
    assert_string_equal(attributes_get(&node->slurm, "time"), "01:00:00");
    assert_string_equal(attributes_get(&node->slurm, "exclusive"), "");
    assert_string_equal(node->statusfile, "s.txt");
    assert_string_equal(node->logfile, "l.txt");
    assert_string_equal(node->array, "train");
    assert_string_equal(node->directory, "~/work");
    assert_int_equal(node->gpus, 1);
    assert_int_equal(node->file_count, 2);
    assert_string_equal(node->files[1], "data/");
    assert_int_equal(node->retries, 2);
    assert_int_equal(node->retries_lost, 1);
    assert_int_equal(node->timeout, 5400000);
    assert_string_equal(attributes_get(&node->sweep, "lr"), "0.1");
    assert_string_equal(attributes_get(&node->other, "shape"), "box");
    assert_string_equal(attributes_get(&node->other, "owner.name"), "me");
    assert_string_equal(attributes_get(&node->other, "owner.groups"), "a, b");
    assert_int_equal(node->line, 6);
    assert_int_equal(node->column, 5);
    assert_int_equal(node->env.items[0].line, 15);
    workflow_free(workflow);
}

static void test_dependencies(void **state)
{
    (void)state;
    static const struct {
        const char *dependencies, *edges;
    } cases[] = {
        {"[]", ""},
        {"{}", ""},
        {"", ""},
        {"[a]", ""},
        {"['a,b,c']", "a>b b>c "},
        {"['a, b', 'b ,c', 'a,b']", "a>b b>c "},
        {"['a,t-[1-2],b']", "t-2>b a>t-1 t-1>t-2 "},
        {"[[a, 't-[1-2]', b]]", "t-1>b t-2>b a>t-1 a>t-2 "},
        {"[[a, [t-1, 't-2,c'], b]]", "c>b t-1>b t-2>b a>c a>t-1 a>t-2 "},
        {"[['a,b', [[c], t-1]]]", "a>c b>c a>t-1 b>t-1 "},
        {"{a-b: {source: a, destination: b, name: a-b}, x: {destination: c, source: b, color: red}}", "a>b b>c "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *yaml = memory_format(
            "workflow:\n  nodes: {a: , b: , c: , t-1: , t-2: }\n  dependencies: %s\n", cases[i].dependencies);
        struct workflow *workflow = parse_good(yaml);
        assert_edges(workflow, cases[i].edges);
        workflow_free(workflow);
        free(yaml);
    }
}

static void test_nodes_only_in_dependencies(void **state)
{
    (void)state;
    struct workflow *workflow = parse_good("workflow:\n"
                                           "  defaults: {kind: slurm, exec: run, label: L}\n"
                                           "  dependencies:\n"
                                           "    - a,b\n"
                                           "    - c\n");
    const struct node *node = node_of(workflow, "b");
    assert_int_equal(workflow->node_count, 3);
    assert_true(node->only_in_dependencies);
    assert_string_equal(node->note, "declared only in dependencies");
    assert_int_equal(node->kind, NODE_KIND_LOCAL);
    assert_int_equal(node->work, NODE_WORK_MILESTONE);
    assert_string_equal(node->label, "L");
    assert_int_equal(node->line, 4);
    assert_int_equal(node->column, 7);
    workflow_free(workflow);
}

static void test_defaults(void **state)
{
    (void)state;
    struct text told;
    struct settings settings = {0};
    text_init(&told, 0);
    attributes_set(&settings.defaults, "env.B", "person");
    attributes_set(&settings.defaults, "env.D", "person");
    attributes_set(&settings.defaults, "retries", "3");
    attributes_set(&settings.defaults, "timeout", "5m");
    attributes_set(&settings.defaults, "team", "red");
    struct workflow *workflow =
        parse("workflow:\n"
              "  defaults: {kind: ssh, host: h, exec: run, retries: 1, venv: v, env: {A: 1, B: 1}}\n"
              "  nodes:\n"
              "    a:\n"
              "    b: {kind: local, retries: 0, env: {A: 2}, venv: ''}\n"
              "    c: {script: /nowhere/x.sh, host: , team: blue}\n",
            &settings, &told);
    assert_string_equal(told.data, "6:17: warning: node \"c\": the script \"/nowhere/x.sh\" does not exist, expected a "
                                   "file at \"/nowhere/x.sh\"\n");
    const struct node *a = node_of(workflow, "a"), *b = node_of(workflow, "b"), *c = node_of(workflow, "c");
    assert_int_equal(a->kind, NODE_KIND_SSH);
    assert_string_equal(a->host, "h");
    assert_string_equal(a->exec, "run");
    assert_int_equal(a->retries, 1);
    assert_int_equal(a->timeout, 300000);
    assert_string_equal(attributes_get(&a->env, "B"), "1");
    assert_string_equal(attributes_get(&a->env, "D"), "person");
    assert_string_equal(attributes_get(&a->other, "team"), "red");
    assert_int_equal(b->kind, NODE_KIND_LOCAL);
    assert_int_equal(b->retries, 0);
    assert_null(b->venv);
    assert_string_equal(attributes_get(&b->env, "A"), "2");
    assert_string_equal(attributes_get(&b->env, "B"), "1");
    assert_null(c->exec);
    assert_int_equal(c->work, NODE_WORK_SCRIPT);
    assert_string_equal(c->host, "h");
    assert_string_equal(attributes_get(&c->other, "team"), "blue");
    workflow_free(workflow);
    attributes_release(&settings.defaults);
    text_release(&told);
}

/* What cloudmesh-cc writes and reads: null values, a second pair of quotes (label_expand drops it), its saved mapping
 * with statuses. */
static void test_files_of_cloudmesh(void **state)
{
    (void)state;
    struct workflow *workflow = parse_good("workflow:\n"
                                           "  nodes:\n"
                                           "    start:\n"
                                           "      name: start\n"
                                           "      kind: local\n"
                                           "      host: my laptop\n"
                                           "      status: done\n"
                                           "      progress: 100\n"
                                           "      label: '''{name}\\n{progress}'''\n"
                                           "      script: null\n"
                                           "      venv: ~\n"
                                           "      exec:\n"
                                           "      created: '2022-11-28, 20:03:02'\n"
                                           "      tstart: ''\n"
                                           "      instance: null\n"
                                           "    end: {name: end, label: '\"{name}\"', status: undefined}\n"
                                           "  dependencies:\n"
                                           "    start-end: {name: start-end, source: start, destination: end}\n");
    const struct node *start = node_of(workflow, "start");
    assert_false(start->status_done);
    assert_string_equal(start->label, "'{name}\\n{progress}'");
    assert_null(start->script);
    assert_null(start->venv);
    assert_string_equal(start->host, "my laptop");
    assert_string_equal(attributes_get(&start->other, "instance"), "");
    assert_int_equal(start->work, NODE_WORK_MILESTONE);
    assert_edges(workflow, "start>end ");
    workflow_free(workflow);
}

static void test_status_and_unknown_kind(void **state)
{
    (void)state;
    struct text told;
    text_init(&told, 0);
    struct workflow *workflow = parse("workflow: {nodes: {a: {status: done, kind: docker}}}", NULL, &told);
    assert_true(workflow->nodes[0].status_done);
    assert_int_equal(workflow->nodes[0].kind, NODE_KIND_LOCAL);
    assert_string_equal(workflow->nodes[0].kind_text, "docker");
    workflow_free(workflow);
    text_release(&told);
}

static void test_names_of_workflows(void **state)
{
    (void)state;
    static const char yaml[] = "workflow: {nodes: {a: }}";
    static const struct {
        const char *file, *name;
    } cases[] = {{"wf.yaml", "wf"}, {"/x/y.z.yaml", "y.z"}, {"plain", "plain"}, {".hidden", NULL}, {"-x.yaml", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workflow *workflow;
        struct error_list errors;
        error_list_init(&errors);
        enum status status = workflow_file_parse(yaml, strlen(yaml), cases[i].file, NULL, &workflow, &errors, NULL);
        assert_int_equal(status, cases[i].name ? STATUS_OK : STATUS_INVALID);
        if (cases[i].name)
            assert_string_equal(workflow->name, cases[i].name);
        else
            assert_non_null(strstr(errors.errors[0].message, "expected a name that can be a directory"));
        workflow_free(workflow);
        error_list_release(&errors);
    }
}

static void test_all_mistakes_in_order_up_to_fifty(void **state)
{
    (void)state;
    struct text yaml;
    struct error_list errors;
    struct workflow *workflow;
    text_init(&yaml, 0);
    error_list_init(&errors);
    error_list_add(&errors, STATUS_INVALID, "other.yaml", 99, 1, "told before");
    text_append_string(&yaml, "workflow:\n  dependencies: [a/b]\n  nodes:\n");
    for (int i = 0; i < 60; i++)
        text_append_format(&yaml, "    n%d: {retries: x}\n", i);
    assert_int_equal(
        workflow_file_parse(yaml.data, yaml.length, "wf.yaml", NULL, &workflow, &errors, NULL), STATUS_INVALID);
    assert_null(workflow);
    assert_int_equal(errors.count, ERROR_LIST_LIMIT);
    assert_int_equal(errors.overflow, 12);
    assert_string_equal(errors.errors[0].message, "told before");
    for (unsigned i = 2; i < errors.count; i++)
        assert_true(errors.errors[i].line > errors.errors[i - 1].line);
    error_list_release(&errors);
    text_release(&yaml);
}

/* 100,000 nodes that only dependencies name would each take a copy of the defaults. */
static void test_defaults_that_explode(void **state)
{
    (void)state;
    struct text yaml, told;
    text_init(&yaml, 0);
    text_init(&told, 0);
    text_append_string(&yaml, "workflow:\n  dependencies: ['a[1-100000]']\n  defaults: {label: ");
    for (int i = 0; i < 10000; i++)
        text_append_byte(&yaml, 'x');
    text_append_string(&yaml, "}\n");
    assert_null(parse(yaml.data, NULL, &told));
    assert_string_equal(told.data, "3:13: the defaults of 100000 nodes come to over 256 MiB, expected less\n");
    text_release(&yaml);
    text_release(&told);
}

/* A folder of its own, and in it files that are written by name. */
struct folder {
    char path[64];
};

static int folder_setup(void **state)
{
    struct folder *folder = memory_new(sizeof *folder);
    snprintf(folder->path, sizeof folder->path, "/tmp/dagtop-load-XXXXXX");
    *state = folder;
    return mkdtemp(folder->path) ? 0 : -1;
}

static int folder_teardown(void **state)
{
    struct folder *folder = *state;
    char *command = memory_format("rm -rf '%s'", folder->path);
    int status = system(command);
    free(command);
    free(folder);
    return status;
}

static void write_file(const struct folder *folder, const char *name, const char *bytes)
{
    char *path = memory_format("%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
    free(path);
}

static struct workflow *load(const struct folder *folder, const char *name)
{
    struct workflow *workflow;
    struct error_list errors;
    error_list_init(&errors);
    char *path = memory_format("%s/%s", folder->path, name);
    assert_int_equal(workflow_file_load(path, NULL, &workflow, &errors, NULL), STATUS_OK);
    assert_string_equal(workflow->file, path);
    assert_string_equal(workflow->folder, folder->path);
    free(path);
    return workflow;
}

static void test_what_a_node_runs(void **state)
{
    const struct folder *folder = *state;
    static const char *const files[] = {"given.sh", "implied.sh", "other.sh", "tool"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        write_file(folder, files[i], "true\n");
    write_file(folder, "wf.yaml",
        "workflow:\n"
        "  nodes:\n"
        "    given: {script: given.sh}\n"
        "    missing: {script: missing.sh}\n"
        "    both: {script: given.sh, exec: 'echo both'}\n"
        "    saved: {script: saved.sh, exec: 'echo saved'}\n"
        "    single: {exec: other.sh}\n"
        "    command: {exec: other.sh --fast}\n"
        "    ending: {exec: tool}\n"
        "    implied: {env: {A: 1}}\n"
        "    watched: {statusfile: s.txt, kind: ssh}\n"
        "    nothing-kind: {kind: ssh}\n"
        "    nothing-env: {env: {A: 1}}\n"
        "    nothing-venv: {venv: v}\n"
        "    nothing-files: {files: [tool]}\n"
        "    nothing-slurm: {slurm: {time: 1}}\n"
        "    milestone: {label: x, kind: local, shape: diamond}\n"
        "    folder: {script: .}\n");
    static const struct {
        const char *name;
        enum node_work work;
        const char *script;
        bool missing;
    } expected[] = {
        {"given", NODE_WORK_SCRIPT, "given.sh", false},
        {"missing", NODE_WORK_SCRIPT, "missing.sh", true},
        {"both", NODE_WORK_SCRIPT, "given.sh", false},
        {"saved", NODE_WORK_COMMAND, NULL, false},
        {"single", NODE_WORK_SCRIPT, "other.sh", false},
        {"command", NODE_WORK_COMMAND, NULL, false},
        {"ending", NODE_WORK_COMMAND, NULL, false},
        {"implied", NODE_WORK_SCRIPT, "implied.sh", false},
        {"watched", NODE_WORK_WATCHED, NULL, false},
        {"nothing-kind", NODE_WORK_NOTHING, NULL, false},
        {"nothing-env", NODE_WORK_NOTHING, NULL, false},
        {"nothing-venv", NODE_WORK_NOTHING, NULL, false},
        {"nothing-files", NODE_WORK_NOTHING, NULL, false},
        {"nothing-slurm", NODE_WORK_NOTHING, NULL, false},
        {"milestone", NODE_WORK_MILESTONE, NULL, false},
        {"folder", NODE_WORK_SCRIPT, ".", true},
    };
    struct workflow *workflow = load(folder, "wf.yaml");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct node *node = node_of(workflow, expected[i].name);
        assert_int_equal(node->work, expected[i].work);
        assert_int_equal(node->script_missing, expected[i].missing);
        assert_true((node->work == NODE_WORK_SCRIPT) == (node->script_path != NULL));
        if (expected[i].script) {
            char *path = memory_format("%s/%s", folder->path, expected[i].script);
            assert_string_equal(node->script, expected[i].script);
            assert_string_equal(node->script_path, path);
            free(path);
        }
    }
    workflow_free(workflow);
}

/* The checksum of a node of wf.yaml as it is now; the caller frees it. */
static char *checksum_of(const struct folder *folder, const char *node)
{
    struct workflow *workflow = load(folder, "wf.yaml");
    size_t index;
    assert_true(workflow_find(workflow, node, &index));
    char *checksum = workflow_file_checksum(workflow, index);
    workflow_free(workflow);
    return checksum;
}

static void test_checksum(void **state)
{
    const struct folder *folder = *state;
    static const char *const changes[][2] = {{"run.sh", "echo 2\n"}, {"data/x", "2"}, {"data/y", "1"},
        {"wf.yaml", "workflow: {nodes: {a: {script: run.sh, files: [data], env: {A: 2}}}}"},
        {"wf.yaml", "workflow: {nodes: {a: {script: run.sh, files: [data], env: {A: 2}, venv: v}}}"},
        {"wf.yaml", "workflow: {nodes: {a: {exec: 'echo 1', files: [data], env: {A: 2}, venv: v}}}"}};
    char *path = memory_format("%s/data", folder->path);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
    write_file(folder, "run.sh", "echo 1\n");
    write_file(folder, "data/x", "1");
    write_file(folder, "wf.yaml", "workflow: {nodes: {a: {script: run.sh, files: [data], env: {A: 1}}}}");
    char *before = checksum_of(folder, "a"), *again = checksum_of(folder, "a");
    assert_non_null(before);
    assert_string_equal(before, again);
    free(again);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        write_file(folder, changes[i][0], changes[i][1]);
        char *after = checksum_of(folder, "a");
        assert_non_null(after);
        assert_string_not_equal(before, after);
        free(before);
        before = after;
    }
    free(before);
}

static void test_nothing_to_sum(void **state)
{
    const struct folder *folder = *state;
    static const char *const nodes[] = {"milestone", "missing", "watched", "files"};
    write_file(folder, "wf.yaml",
        "workflow: {nodes: {milestone: , missing: {script: no.sh}, watched: {statusfile: s}, "
        "files: {exec: x, files: [no]}}}");
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        assert_null(checksum_of(folder, nodes[i]));
}

static void test_files_that_cannot_be_read(void **state)
{
    const struct folder *folder = *state;
    struct workflow *workflow;
    struct error_list errors;
    error_list_init(&errors);
    char *path = memory_format("%s/no.yaml", folder->path);
    assert_int_equal(workflow_file_load(path, NULL, &workflow, &errors, NULL), STATUS_NOT_FOUND);
    assert_null(workflow);
    assert_string_equal(errors.errors[0].message, "there is no such file");
    assert_string_equal(errors.errors[0].file, path);
    assert_int_equal(workflow_file_load(folder->path, NULL, &workflow, &errors, NULL), STATUS_SYSTEM);
    assert_int_equal(errors.count, 2);
    free(path);
    error_list_release(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_every_attribute),
        cmocka_unit_test(test_dependencies),
        cmocka_unit_test(test_nodes_only_in_dependencies),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_files_of_cloudmesh),
        cmocka_unit_test(test_status_and_unknown_kind),
        cmocka_unit_test(test_names_of_workflows),
        cmocka_unit_test(test_defaults_that_explode),
        cmocka_unit_test(test_all_mistakes_in_order_up_to_fifty),
        cmocka_unit_test_setup_teardown(test_what_a_node_runs, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_checksum, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_sum, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_files_that_cannot_be_read, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
