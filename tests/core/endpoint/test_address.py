import pytest

from bot.core.endpoint.address import is_here


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost",
        "localhost.",
        "llama.localhost",
        "127.0.0.1",
        "127.0.0.2",
        "127.255.255.254",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "0.0.0.0",
        "::",
    ],
)
def test_the_loopback_networks_and_localhost_are_this_computer(host: str) -> None:
    assert is_here(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "localhost.example.com",
        "notlocalhost",
        "localhost-1",
        "localhost..",
        "127.0.0.1.example.com",
        "128.0.0.1",
        "126.255.255.255",
        "0.0.0.1",
        "10.0.0.1",
        "192.168.1.2",
        "::2",
        "::ffff:10.0.0.1",
        "fe80::1",
        "host.docker.internal",
        "ollama",
        "api.minimax.io",
    ],
)
def test_others_on_the_network_are_not(host: str) -> None:
    assert not is_here(host)
