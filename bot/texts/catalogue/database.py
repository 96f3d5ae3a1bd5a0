"""English sentences about the database: why it cannot be used, and what the commands for it say.

Law: that of `catalogue/hosts.py`, of which they are a part.
"""

from collections.abc import Mapping

DATABASE: Mapping[str, str] = {
    # --- the database cannot be used --------------------------------------------------------------
    "environment.no_address": "{variable} isn't the address of a proxy. Write it as http://host:port or socks5://host:port, or unset it",
    "environment.old_socks": "{variable} names a SOCKS 4 proxy, which the bot can't use. Write socks5:// if the proxy also speaks "
    "SOCKS 5, name an HTTP proxy, or unset it",
    "environment.unknown_scheme": "{variable} names a kind of proxy that the bot can't use. Write it as http://host:port or "
    "socks5://host:port, or unset it",
    "environment.no_file": "{variable} doesn't name a file that the bot can read. Correct the path, or unset it",
    "environment.no_key_log": "{variable} doesn't name a file that the bot can write. Correct the path, or unset it",
    "environment.no_folder": "{variable} doesn't name a folder that the bot can read. Correct the path, or unset it",
    "environment.no_certificates": "the file in {variable} has no certificates that the bot can read. It needs PEM certificates; correct "
    "it, or unset the variable",
    "storage.newer": "{path} was written by a newer Dramatis (schema {found}; this version knows {known}). Update Dramatis, or "
    "set storage.path to another file.",
    "storage.foreign": "{path} is another program's database and was not changed. Set storage.path to another file.",
    "storage.not_a_database": "{path} is not a database and was not changed. Set storage.path to another file.",
    "storage.corrupt": "{path} is damaged ({detail}). Keep a copy of it, and use `python -m bot restore` with a backup.",
    "storage.read_only": "{path} can't be written. Give this user write permission for the file and its folder (a volume must be "
    "mounted without `ro`), or set storage.path to another file.",
    "storage.in_use": "{path} is in use by another bot. Stop that bot first, or set storage.path to another file.",
    "storage.alone": "{path} is a file, which several processes can't share: each would have its own and answer everybody. Set storage.url to "
    "a PostgreSQL database, or delete storage.processes.",
    "storage.busy": "{path} was locked by another program for too long ({detail}). Close the other program, then try again.",
    "storage.full": "{path} can't grow: the disk is full ({detail}). Free some space, then try again.",
    "storage.not_a_folder": "{path} should be a folder, but it or a folder above it is a file. Move the file away, or set "
    "storage.path to another place.",
    "storage.is_a_folder": "{path} is a folder. Set storage.path to a file, for example one inside it.",
    "storage.not_a_file": "{path} is a device or a pipe. Set storage.path to a file.",
    "storage.old_sqlite": "This Python has SQLite {found}, but {path} needs {known} or newer. Use a newer Python.",
    "storage.io": "{path} can't be read or written ({detail}). Check that the disk isn't full or broken, that no quota is "
    "reached, and that storage.path is on this computer and not on a network drive.",
    "storage.lost": "{path} was deleted or replaced while the bot ran, so nothing more is saved and nobody gets a reply. Put it back "
    "(or a backup of the database), and restart the bot.",
    "storage.journal": "{path} is damaged ({detail}). Keep a copy of it and of the database, and use `python -m bot restore` with a "
    "backup. Without one, `python -m bot backup FILE` saves what can still be read, and `restore FILE` puts that in place.",
    "storage.older": "{path} was written by an older Dramatis (schema {found}; this version needs {known}) and was not changed. Start the bot "
    "once with it as storage.path and without storage.url, which brings it up to date.",
    "storage.missing": "There is no database at {path} yet.",
    "storage.exists": "{path} already exists and was not changed. Choose another name.",
    "storage.itself": "{path} belongs to the bot's own database and was not changed. Choose another name.",
    # --- the commands for the database ------------------------------------------------------------
    "backup.missing": "There is no backup at {path}.",
    "backup.exists": "{path} already exists and was not changed. Choose another name, or add --force to replace it.",
    "backup.itself": "{path} belongs to the bot's own database and was not changed. Choose another name.",
    "backup.foreign": "{path} is another program's database, not a backup of Dramatis. Nothing was changed.",
    "backup.not_a_database": "{path} is not a backup of Dramatis. Nothing was changed.",
    "backup.corrupt": "{path} is damaged ({detail}), so nothing was changed. Use another backup.",
    "backup.journal": "{path} is damaged ({detail}), so nothing was changed. Use another backup.",
    "backup.newer": "{path} was written by a newer Dramatis (schema {found}; this version knows {known}). Nothing was changed. "
    "Update Dramatis first.",
    "backup.read_only": "{path} can't be read or written by this user. Check the permissions of the file and its folder.",
    "backup.full": "{path} can't be written: the disk is full ({detail}). Free some space, or choose another disk.",
    "backup.io": "{path} can't be read or written ({detail}). Check the disk: it may be full or broken.",
    "backup.not_a_folder": "There is no folder {path}. Create it first.",
    "backup.is_a_folder": "{path} is a folder. Add a file's name.",
    "backup.not_a_file": "{path} is a device or a pipe. Choose a file.",
    "backup.done": "Backup written to {path}: {size}, {turns} turns, checked.",
    "restore.done": "The database is now the backup {file}: {turns} turns, checked.",
    "restore.migrated": "The backup's schema {version} was updated to {newest}.",
    "restore.kept": "The database as it was before is {aside}. Delete it when everything works.",
    "vacuum.done": "The database had {before} and now has {after}.",
    "doctor.versions": "Dramatis {bot}, Python {python}, SQLite {sqlite}, {system}",
    "doctor.libraries": "libraries: {libraries}",
    "doctor.config": "configuration: {errors} error(s), {warnings} warning(s); `python -m bot check` names them",
    "doctor.no_config": "the configuration has mistakes, so the database was not looked at",
    "doctor.file": "database: {path}, {size}, {free} of it unused, schema {version} (this version knows {known}), journal mode {mode}",
    "doctor.beside": "beside it: a journal of {journal}, {copies} old copies ({size}); {free} free on the disk",
    "doctor.rights": "permissions: file {file}, folder {folder}",
    "doctor.rows": "rows: {rows}",
    "doctor.turns": "oldest turn {oldest}, newest turn {newest}",
    "doctor.owed": "waiting for a reply: {owed} message(s); replies without an end: {unfinished}",
    "doctor.step": "form of prompts: {naming} until {until}",
    "doctor.calibration": "token counts: learned from {replies} replies; {text:.3f} for each counted token, {message:.1f} for each "
    "message, {request:.0f} for each request; too long from {overflow}",
    "doctor.running": "the bot is running; last heartbeat {seconds:.0f} s ago",
    "doctor.running_unheard": "the bot is running, and isn't connected to Discord",
    "doctor.stopped": "the bot isn't running",
    "doctor.sound": "no damage found",
    "doctor.problem": "problem: {text}",
    "doctor.damaged": "the database is damaged ({detail}). Stop the bot, keep a copy of the file, and restore a backup",
    "doctor.journal_damaged": "the journal is damaged ({detail}). Keep a copy of it and of the database, and restore a backup",
    "doctor.newer": "the schema {version} is newer than this version of Dramatis, which knows {known}. Update it",
    "doctor.open_file": "other users of this computer can read the database: chmod 600",
    "doctor.read_only": "this user can't write the database or its folder",
    "doctor.long_journal": "the journal is long: another program has kept the database open for reading. Close it, and restart the bot",
    "doctor.little_space": "there is little free space for the database and a copy of it",
    "maintenance.abandoned": "Interrupted. Nothing was changed.",
    "maintenance.percent": "{phase}: {share} %",
    "phase.copying": "Copying",
    "phase.checking": "Checking",
    "phase.migrating": "Updating the schema",
    "phase.shrinking": "Shrinking",
    "phase.counting": "Counting",
    "phase.comparing": "Comparing",
}
