#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passes TCP connections on, cut or delayed: cutting_proxy.py PORT DELAY_MS CUT_BYTES...

Prints its own port. Each connection ends after as many bytes as the next CUT_BYTES says (0: never; the last one counts
for all that follow); every piece is held back DELAY_MS milliseconds.
"""
import asyncio
import sys

port, delay = int(sys.argv[1]), int(sys.argv[2]) / 1000
cuts = [int(word) for word in sys.argv[3:]] or [0]


class Connection:
    def __init__(self, limit):
        self.limit = limit
        self.passed = 0


async def pump(connection, reader, writer, others):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def send():
        while True:
            due, data = await queue.get()
            if data is None:
                break
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            writer.write(data)
            await writer.drain()

    sender = asyncio.ensure_future(send())
    try:
        while data := await reader.read(65536):
            connection.passed += len(data)
            if connection.limit and connection.passed >= connection.limit:
                for other in others:
                    other.transport.abort()
                break
            queue.put_nowait((loop.time() + delay, data))
    except OSError:
        pass
    queue.put_nowait((0, None))
    try:
        await sender
    except OSError:
        pass
    writer.close()


async def serve(reader, writer):
    limit = cuts.pop(0) if len(cuts) > 1 else cuts[0]
    connection = Connection(limit)
    try:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.transport.abort()
        return
    both = (writer, there_writer)
    await asyncio.gather(pump(connection, reader, there_writer, both), pump(connection, there_reader, writer, both))


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
