from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import columns


@pytest.mark.parametrize(
    "text",
    [
        "username,password,role\nbob,hunter22,admin\n",
        "user\tpwd\nbob\thunter22\n",
        "| system | env | login | pw |\n|---|---|---|---|\n| crm | prod | bob | hunter22 |\n",
        "Host;Ort;PW\nalpha;Keller;hunter22\n",
        "Benutzername,Pass\nbob,hunter22\n",
        "id;login;kennwort\n1;maier;hunter22\n",
        "| user | password |\n|---|---|\n| bob | hunter22 |\n",
        " id | name | password \n----+------+----------\n  1 | bob  | hunter22\n",
        "<tr><th>Login</th><th>Password</th></tr><tr><td>bob</td><td>hunter22</td></tr>",
    ],
)
def test_a_column_headed_password_holds_passwords(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(columns, text) == {"hunter22"}


def test_a_column_of_keys_holds_keys(seen: Callable[..., set[str]]) -> None:
    key = "a8Kd93jf02mXz81LqPw7" + "3nVb"
    assert seen(columns, f"env,api_key\nprod,{key}\n") == {key}


@pytest.mark.parametrize(
    "text",
    [
        "column,type\npassword,text\ntoken,uuid\n",
        "test,pass,fail\nlogin,12,0\n",
        "suite,pass,fail\nlogin2,batch01!,0\n",
        "user,password_changed\nbob,2024-05-12\n",
        "name,password_set\nbob,true\n",
        "['token',\n 'password',\n 'session42',\n]",
        "| Parameter | Required |\n|---|---|\n| `password` | yes |\n",
    ],
)
def test_other_tables_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(columns, text) == set()


def test_a_table_ends_where_its_shape_does(seen: Callable[..., set[str]]) -> None:
    assert seen(columns, "user,password\nbob,hunter22\n\neve,letmein42\n") == {"hunter22"}


def test_a_cell_of_joined_words_is_a_password(seen: Callable[..., set[str]]) -> None:
    assert seen(columns, "name;login;mot de passe\nnas;root;pierre-riviere\n") == {"pierre-riviere"}


def test_a_column_of_credentials_holds_keys_and_accounts(seen: Callable[..., set[str]]) -> None:
    table = (
        "id,name,auth_type,credential,owner\n"
        "1,CRM,key,51c1eb1f-17b2-4ee4-b9a0-4cf629b2f748,a\n2,Parcels,basic,tracker:Buoy-lamp-3,b\n"
    )
    assert seen(columns, table) == {"51c1eb1f-17b2-4ee4-b9a0-4cf629b2f748", "Buoy-lamp-3"}


def test_a_row_of_sql_is_no_heading(seen: Callable[..., set[str]]) -> None:
    assert (
        seen(columns, "(216,'smtp_pass','x','yes'),\n(217,'live_mode_3','none','yes'),\n(301,'live_api_4','y','yes')")
        == set()
    )
