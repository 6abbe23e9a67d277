import phonenumbers
import pytest

from proxy.detection.recognizers.phones.plans import REGIONS, international, national, north_american


@pytest.mark.parametrize("region", REGIONS)
def test_every_plan_knows_the_mobile_number_that_its_metadata_shows(region: str) -> None:
    shown = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    dialled = phonenumbers.format_number(shown, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert national("".join(filter(str.isdigit, dialled))) is not None


def test_a_mobile_number_goes_before_a_landline_of_another_country() -> None:
    assert national("0648217735") == "+33648217735"
    assert national("07912448306") == "+447912448306"


@pytest.mark.parametrize("digits", ["1234", "00000000000", "01", "9" * 15])
def test_what_no_country_dials_has_no_form(digits: str) -> None:
    assert national(digits) is None


def test_a_country_code_tells_whether_the_rest_is_valid() -> None:
    assert international("442088634471") == ("+442088634471", True)
    assert international("4420886344") == ("+4420886344", False)
    assert international("999123456") is None


def test_ten_digits_of_north_america_may_have_their_code() -> None:
    assert north_american("4155552671")
    assert north_american("14155552671")
    assert not north_american("1234567890")
    assert not north_american("24155552671")
