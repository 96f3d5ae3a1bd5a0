"""English sentences about proposed personas.

Law: that of `catalogue/players.py`, of which they are a part.
"""

from collections.abc import Mapping

PROPOSALS: Mapping[str, str] = {
    "panel.proposers": "**Proposals**\n-# People with this role can propose personas in `/help`. Moderators publish or refuse them there.",
    "panel.proposers.open": "Waiting now: {count}",
    "panel.proposers.hint": "Nobody proposes personas",
    "button.proposals.mine": "Propose a persona",
    "button.proposals.all": "Proposals ({count})",
    "button.propose.form": "Write one…",
    "button.propose.file": "Send a file…",
    "button.proposal.publish": "Publish",
    "button.proposal.refuse": "Refuse…",
    "button.proposal.try": "Try",
    "button.proposal.withdraw": "Delete",
    "proposal.mine": "## Your proposals",
    "proposal.about": "You can propose personas for this server, up to {most} at a time. Moderators decide; only they and you see it before that. "
    "Once it's published, its text belongs to the server.",
    "proposal.full": "You have {most} open proposals, the most there can be. Delete one, or wait for a moderator.",
    "proposal.waits": "**{persona}**, <t:{at}:R>. Moderators haven't decided yet.",
    "proposal.refused": "**{persona}** wasn't taken. Thank you for it all the same.",
    "proposal.refused.why": "**{persona}** wasn't taken: {reason}",
    "proposal.made": "Thank you! **{persona}** waits for the moderators now. You see in `/help` what they decide.",
    "proposal.no_picture": "A card's picture isn't proposed. Give it to a moderator: it can be added once the persona is published.",
    "proposal.too_many.yours": "You already have {most} open proposals, the most there can be. Your text is in the file.",
    "proposal.too_many.servers": "This server has as many open proposals as it can. Ask the moderators to decide some first. Your text is in the file.",
    "proposal.no_role": "You need another role to propose personas here. Ask an admin of this server.",
    "proposal.broken": "**{persona}** can't be loaded anymore: the bot has changed since it was proposed. Its author can propose it again.",
    "proposal.gone": "This proposal isn't open anymore: it was decided or deleted.",
    "proposal.by": "Proposed by <@{user}> <t:{at}:R>",
    "proposal.published": "**{persona}** is one of this server's personas now: `{key}`.",
    "proposal.was_refused": "**{persona}** was refused. Its author is told kindly.",
    "proposal.told.published": "Good news: your persona **{persona}** was published on {server}. Thank you!",
    "proposal.told.refused": "Your persona **{persona}** wasn't taken on {server} this time. Thank you for proposing it!",
    "proposal.told.refused.why": "Your persona **{persona}** wasn't taken on {server} this time. The moderators say: {reason}\nThank you for proposing it!",
    "proposals.title": "## Proposals: {count}",
    "proposals.choose": "Choose one to read and decide",
    "propose.form": "Propose a persona",
    "propose.name": "Name",
    "propose.description": "Who they are",
    "propose.personality": "How they speak and act",
    "propose.scenario": "Where they are, and what happens",
    "propose.greeting": "Their first words",
    "refusal.form": "Refuse this proposal",
    "refusal.reason": "Reason (optional)",
    "refusal.about": "The author reads it.",
}
