"""What computes for long has threads of its own, and large bodies go on in turn."""

import asyncio
import json
import threading

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.access.body import LARGE, BodyLimit
from api.access.limits import Limits
from api.access.line import Line
from api.graphql.context import Backend
from kg.errors import KgError
from tests.patience import SECONDS


def test_plain_questions_are_answered_while_others_compute(graph) -> None:
    async def tried() -> tuple[int, str]:
        backend = Backend(graph.store, graph.signatures, Limits(workers=1, computing=1, computing_waiting=2))
        go_on = threading.Event()
        try:
            long = [asyncio.create_task(backend.compute(lambda: go_on.wait(SECONDS), SECONDS)) for _ in range(3)]
            await asyncio.sleep(0)
            one = await backend.run(lambda: len(backend.store.read("RETURN 1 AS one")), SECONDS)
            with pytest.raises(KgError) as caught:
                await backend.compute(lambda: True, SECONDS)
            go_on.set()
            assert await asyncio.gather(*long) == [True] * 3
        finally:
            go_on.set()
            backend.close()
        return one, caught.value.code

    assert asyncio.run(tried()) == (1, "BUSY")


def test_large_bodies_are_unpacked_in_turn_and_small_ones_at_once() -> None:
    inside: dict[str, int] = {"now": 0, "most": 0, "small": 0}

    async def tried() -> None:
        go_on = asyncio.Event()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            body = (await receive())["body"]
            inside["small" if len(body) <= LARGE else "now"] += 1
            if inside["small"] == 9 and inside["now"] == 2:
                go_on.set()
            if len(body) > LARGE:
                inside["most"] = max(inside["most"], inside["now"])
                await asyncio.wait_for(go_on.wait(), SECONDS)
                inside["now"] -= 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": json.dumps(scope["path"]).encode()})

        limited = BodyLimit(app, Limits(computing=2))

        async def one(size: int) -> int:
            messages: list[Message] = [{"type": "http.request", "body": bytes(size), "more_body": False}]
            told: list[Message] = []

            async def receive() -> Message:
                return messages.pop()

            async def send(message: Message) -> None:
                told.append(message)

            await limited({"type": "http", "method": "POST", "path": "/", "headers": []}, receive, send)
            return told[0]["status"]

        large = [one(LARGE + 1) for _ in range(7)]
        assert await asyncio.gather(*large, *(one(100) for _ in range(9))) == [200] * 16

    asyncio.run(tried())
    assert inside == {"now": 0, "most": 2, "small": 9}


def test_those_who_ask_take_turns() -> None:
    """One thread: what a second name asks runs after one question of the first's, not after all of them."""
    ran: list[str] = []

    async def tried() -> None:
        line, go_on = Line("turn", 1, 20), threading.Event()
        loop = asyncio.get_running_loop()

        def ask(what: str) -> None:
            go_on.wait(SECONDS)
            ran.append(what)

        heard = []
        for name, what in [*(("ada", f"ada {i}") for i in range(4)), ("bob", "bob 0"), ("eve", "eve 0")]:
            heard.append(loop.create_future())
            line.submit(lambda what=what: ask(what), heard[-1], name)
        go_on.set()
        await asyncio.wait_for(asyncio.gather(*heard), SECONDS)
        line.close()

    asyncio.run(tried())
    assert ran == ["ada 0", "ada 1", "bob 0", "eve 0", "ada 2", "ada 3"] or ran == [
        "ada 0", "bob 0", "eve 0", "ada 1", "ada 2", "ada 3",
    ]  # fmt: skip


def test_a_line_that_closes_gives_up_what_waits() -> None:
    async def tried() -> tuple[bool, bool]:
        line, go_on = Line("closing", 1, 20), threading.Event()
        loop = asyncio.get_running_loop()
        begun = threading.Event()
        first = line.submit(lambda: begun.set() or go_on.wait(SECONDS), loop.create_future(), "ada")
        later = line.submit(lambda: True, loop.create_future(), "ada")
        assert await asyncio.to_thread(begun.wait, SECONDS)
        line.close()
        go_on.set()
        line.open()
        again = loop.create_future()
        line.submit(lambda: True, again, "ada")
        return later.cancelled() and await asyncio.to_thread(first.result, SECONDS), await again

    assert asyncio.run(tried()) == (True, True)
