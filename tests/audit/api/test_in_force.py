"""Which policy decided: by the activation that the log has, or said to be by none."""

from typing import Any

from audit.access import Records
from audit.api.in_force import InForce

DIGESTS = {"sha256": "1" * 64, "upstreams_sha256": "2" * 64}


def test_a_bundle_leads_to_its_texts_and_to_the_record_of_its_activation(service: Any) -> None:
    found = InForce(Records(service.log.place))
    assert found.policy(DIGESTS) == {"bundle": "1" * 64, "activated": None, "files": None, "upstreams": None}
    body = {"bundle": {**DIGESTS, "policies": []}, "source": "start", "files_sha256": "3" * 64}
    made = service.log.append_sync("policy.activated", body)
    policy = found.policy(DIGESTS)
    assert policy["activated"] == made.id
    assert policy["files"] == {"sha256": "3" * 64, "href": f"/audit/v1/texts/{'3' * 64}"}
    assert policy["upstreams"]["sha256"] == "2" * 64
