"""A store is made, opened again, shared and refused with words that help."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from stores_world import HOUR, T0, World, body, entry

import crawler.stores.migrations as migrations
from crawler.errors import AlreadyRunning, SettingsError, StoreTooNew, StoreUnwritable
from crawler.settings import Settings
from crawler.stores import open_store
from crawler.stores.engine import begin_write, connect_engine, read
from crawler.stores.lock import DataDirLock
from crawler.stores.migrating import HEAD
from crawler.stores.schema import metadata


def in_python(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended_as(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)
    return process.returncode


def test_what_was_stored_is_there_when_it_is_opened_again(world: World, database_url: str) -> None:
    world.poll(world.follow(), body(entry("a")))
    world.store.close()
    with open_store(database_url, settings=Settings()) as again:
        assert [feed.url for feed in again.feeds.all()] == ["https://gazette.example/feed"]
        assert again.pages.due_count(T0) == 1


def test_a_new_database_has_the_tables_that_the_code_speaks_of(world: World, database_url: str) -> None:
    engine = connect_engine(database_url)
    with read(engine) as connection:
        context = MigrationContext.configure(connection, opts={"include_name": lambda name, *_: not str(name).startswith("search")})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_newest_revision_is_the_one_that_opening_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_opening_a_current_database_does_not_load_alembic(world: World, database_url: str) -> None:
    code = (
        "import sys; from crawler.settings import Settings; from crawler.stores import open_store;"
        "open_store(sys.argv[1], settings=Settings()).close(); print('alembic' in sys.modules)"
    )
    assert in_python(code, database_url).communicate(timeout=60)[0].strip() == "False"


def test_a_database_of_a_newer_version_is_refused_and_left_alone(world: World, database_url: str) -> None:
    engine = connect_engine(database_url)
    with begin_write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreTooNew, match="9999"):
        open_store(database_url, settings=Settings())
    with read(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    engine.dispose()


@pytest.mark.parametrize("turn", range(5))
def test_several_that_open_a_new_database_at_once_all_get_it(tmp_path: Path, turn: int) -> None:
    url, failures = f"sqlite:///{tmp_path}/new{turn}.db", list[BaseException]()

    def open_it() -> None:
        try:
            open_store(url, settings=Settings()).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/deep/er/crawler.db", settings=Settings()).close()
    assert (tmp_path / "deep/er/crawler.db").is_file()


@pytest.mark.parametrize("path", ["file/crawler.db", "folder", "file"])
def test_a_place_that_holds_no_database_is_refused_in_one_line(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"no database at all, and long enough to be read as a header" * 20)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnwritable) as refused:
        open_store(f"sqlite:///{tmp_path}/{path}", settings=Settings())
    assert str(tmp_path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (tmp_path / "file").read_bytes().startswith(b"no database")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable to root")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnwritable):
        open_store(f"sqlite:///{tmp_path}/crawler.db", settings=Settings())


def test_a_full_disk_is_said_so_and_what_was_committed_is_safe(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    engine = world.store.feeds._engine
    with engine.connect() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {used + 1}")  # of this pooled connection, which the store uses next
    with pytest.raises(StoreUnwritable, match="no space left"):
        world.poll(feed, body(*(entry(f"n{number}", content="words " * 200) for number in range(500))), T0 + HOUR)
    assert world.store.pages.due_count(T0) == 1


@pytest.mark.parametrize("url", ["mysql://somewhere/db", "no address", "oracle+thing://"])
def test_an_address_of_no_known_store_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(SettingsError, match=r"crawler\.database"):
        open_store(url, settings=Settings())


def test_readers_see_one_state_while_another_process_writes(world: World, database_url: str) -> None:
    code = (
        "import sys; from crawler.stores.engine import *; from sqlalchemy import text\n"
        "with begin_write(connect_engine(sys.argv[1])) as c:\n"
        " c.execute(text(\"UPDATE feeds SET title = 'after'\")); print('writing', flush=True); sys.stdin.readline()"
    )
    feed = world.follow()
    writer = in_python(code, database_url)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "writing\n"
    during = world.store.feeds.find(str(feed))
    writer.communicate("go\n", timeout=60)
    after = world.store.feeds.find(str(feed))
    assert during is not None
    assert after is not None
    assert (during.title, after.title) == (None, "after")


def test_many_threads_may_call_one_store(world: World) -> None:
    feeds = [world.follow(f"https://h{number}.example/feed") for number in range(8)]
    parsed = body(entry("a", "https://gazette.example/a"))
    threads = [threading.Thread(target=world.poll, args=(feed, parsed)) for feed in feeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.store.pages.due_count(T0) == 1


def test_a_process_killed_in_a_poll_leaves_all_of_it_or_nothing(world: World, database_url: str) -> None:
    code = (
        "import os, sys; from sqlalchemy import event; sys.path.insert(0, sys.argv[2])\n"
        "from stores_world import *; from crawler.stores import open_store; from crawler.settings import Settings\n"
        "store = open_store(sys.argv[1], settings=Settings()); world = World(store, sys.argv[1])\n"
        "event.listen(store.feeds._engine, 'commit', lambda _: os.kill(os.getpid(), 9)) if sys.argv[3] == 'before' else None\n"
        "feed = store.feeds.find('1').id\n"
        "world.poll(feed, body(*(entry(str(n)) for n in range(50)))); os.kill(os.getpid(), 9)"
    )
    world.follow()
    here = str(Path(__file__).parent)
    assert ended_as(in_python(code, database_url, here, "before")) == -9
    assert world.store.pages.due_count(T0 + HOUR) == 0
    assert ended_as(in_python(code, database_url, here, "after")) == -9
    assert world.store.pages.due_count(T0 + HOUR) == 50


def test_one_at_a_time_works_in_a_data_directory(tmp_path: Path) -> None:
    who = rf"`serve` \(process {os.getpid()}\)"
    with DataDirLock(tmp_path, "serve"), pytest.raises(AlreadyRunning, match=who), DataDirLock(tmp_path, "crawl"):
        pass
    with DataDirLock(tmp_path, "crawl"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from crawler.stores.lock import DataDirLock\n"
        "with DataDirLock(Path(sys.argv[1]), 'serve'): print('held', flush=True); sys.stdin.readline()"
    )
    holder = in_python(code, str(tmp_path))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(AlreadyRunning), DataDirLock(tmp_path, "crawl"):
        pass
    holder.kill()
    holder.communicate()
    with DataDirLock(tmp_path, "crawl"):
        pass


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable, match="file"), DataDirLock(tmp_path / "file" / "data", "crawl"):
        pass
