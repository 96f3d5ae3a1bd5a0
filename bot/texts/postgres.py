"""English sentences for the bot's owner about a database on a server.

Law: as in `hosts.py`, of which they are a part. `{path}` is the address, without a name and a password.
"""

from collections.abc import Mapping

POSTGRES: Mapping[str, str] = {
    "cli.move": "Copy the database from the file at storage.path to the server at storage.url, which must be empty. Stop the bot first.",
    "cli.move_back": "Copy the server's database into a new file instead.",
    "move.no_server": "Set storage.url to the address of the server's database first.",
    "move.done": "{turns} turns ({rows} rows) of {path} are now in {server}, and compared. The bot uses them from its next start on; the file "
    "stays as it was.",
    "move.back": "{turns} turns ({rows} rows) are now in {path}, and compared. Set storage.path to it and remove storage.url; the server's "
    "database stays as it was.",
    "move.not_the_same": "What was written isn't what was read (table {table}), so nothing was kept. Please report this.",
    "doctor.server": "database: PostgreSQL {number}, {size}, schema {version}",
    "config.no_postgres": "{subject} isn't the address of a PostgreSQL database",
    "config.no_postgres.fix": "write it as postgresql://name@host:5432/database, and the password in DRAMATIS_STORAGE__PASSWORD",
    "config.no_sslmode": "{subject} has an sslmode that doesn't exist",
    "config.no_sslmode.fix": "it can be disable, allow, prefer, require, verify-ca or verify-full",
    "postgres.no_backup": "The database is on a server: back it up with `pg_dump --format=custom` (docs/postgresql.md).",
    "postgres.no_restore": "The database is on a server: restore it with `pg_restore --clean` (docs/postgresql.md).",
    "postgres.no_vacuum": "The database is on a server, which makes room again by itself (autovacuum).",
    "postgres.no_driver": "storage.url needs the library asyncpg. Install it with `python -m pip install 'asyncpg>=0.31,<1'`, or remove "
    "storage.url to keep stories in a file.",
    "postgres.address": "storage.url can't be understood ({detail}). Write it as postgresql://name@host:5432/database, and the password in "
    "DRAMATIS_STORAGE__PASSWORD.",
    "postgres.tls": "storage.url asks for TLS with {path}, which can't be had ({detail}). Check the files that it names (sslrootcert, sslcert, "
    "sslkey). sslmode=verify-full needs the certificate of who signed the server's: add &sslrootcert=FILE to the address, or keep it as "
    "~/.postgresql/root.crt (docs/postgresql.md).",
    "postgres.impostor": "{path} couldn't show that it is the right server: {detail}. The name in storage.url must be one that the server's "
    "certificate has, and sslrootcert the certificate of who signed it.",
    "postgres.crowded": "{path} takes no more connections ({detail}). The bot needs up to eight: raise the server's max_connections, or the limit "
    "of this name or database.",
    "postgres.unreachable": "{path} doesn't answer ({detail}). Check that PostgreSQL runs, the address in storage.url, and the network.",
    "postgres.cut": "The connection to {path} has ended ({detail}). The next try opens another; if this happens often, see the server's log.",
    "postgres.login": "{path} doesn't accept this name and password ({detail}). Check storage.url, DRAMATIS_STORAGE__PASSWORD, and the server's "
    "pg_hba.conf.",
    "postgres.no_database": "{path} doesn't exist ({detail}). Create it: createdb --encoding=UTF8 --template=template0 NAME.",
    "postgres.old_server": "{path} is PostgreSQL {found}, but {known} or newer is needed.",
    "postgres.encoding": "{path} has the encoding {found}, which can't hold every text. Create it as UTF-8: createdb --encoding=UTF8 "
    "--template=template0 NAME.",
    "postgres.pooler": "{path} is reached through a connection pooler in transaction mode, which would let two bots write at once. Use the "
    "server's own address, or the pooler's session mode.",
    "postgres.missing": "There are no stories in {path} yet. The bot makes its tables when it first starts.",
    "postgres.older": "{path} was written by an older Dramatis (schema {found}; this version needs {known}) and was not changed. Start the bot "
    "once, which brings it up to date.",
    "postgres.newer": "{path} was written by a newer Dramatis (schema {found}; this version knows {known}). Update Dramatis, or use another "
    "database.",
    "postgres.foreign": "{path} has tables of another program and was not changed. Use a database of the bot's own.",
    "postgres.not_empty": "{path} already has stories in it and was not changed. Use an empty database.",
    "postgres.in_use": "{path} is in use by another bot. Stop that bot first, or use another database.",
    "postgres.out": "{path} counts this process as gone, as it did not answer for too long. It joins again by itself.",
    "postgres.busy": "{path} was kept busy by others for too long ({detail}). Try again.",
    "postgres.read_only": "{path} can't be written with this name ({detail}). Make the name the database's owner, and don't use a server that only "
    "follows another.",
    "postgres.full": "{path} can't grow: the server's disk is full ({detail}). Free some space there, then try again.",
    "postgres.corrupt": "{path} is damaged ({detail}). Keep a copy of it, and restore a backup.",
    "postgres.io": "{path} can't be read or written ({detail}). Check the server's disk.",
}
