from proxy.endpoints.chat import CHAT


def test_each_message_is_what_one_role_says_and_a_role_of_the_callers_own_is_another() -> None:
    body = {
        "model": "m",
        "messages": [{"role": "system", "content": "a"}, {"role": "wizard", "content": "b"}, {"content": "c"}],
    }
    units = [(unit.path, unit.role) for unit in CHAT.read(body, 64).units]
    assert units[:3] == [("messages[0]", "system"), ("messages[1]", "other"), ("messages[2]", "other")]
