/* SPDX-License-Identifier: Apache-2.0 */
/* Linked against one whole room and the rooms below it: a call upward does not link. */

int main(void)
{
    return 0;
}
