"""The API is as it describes itself: whatever is sent, it answers as the schema says, and never by a fault of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from devtools.account_data import AccountPlan, fill
from tests.api.house import House, data, front, imported, only_file, served, stocks, upload

EXAMPLES = 5
checks.load_all_checks()
CHECKS = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


@pytest.fixture
def schema(own_house: House) -> Any:
    """The served description."""
    return schemathesis.openapi.from_dict(own_house.admin.get("/api/openapi.json").json())


@pytest.fixture
def there(own_house: House) -> dict[str, Any]:
    """Things that are there, by the names of the parameters that mean them."""
    content = stocks("A", "B", "C") + "D;W1;lima;01/03/2026\n"
    batch_id = imported(own_house.operator, ("stocks.csv", content), dist_id="0112")
    upload(own_house.operator, ("stocks.csv", "a;b\n1;2\n"))
    job = only_file(own_house.viewer, batch_id)
    fill(own_house.context.statistics, AccountPlan(accounts=2, days=10, media_per_account=3, competitors=1))
    [account, *_] = data(own_house.viewer.get("/api/accounts"))
    competitors = data(own_house.viewer.get(f"/api/accounts/{account['id']}/competitor-accounts"))
    wanted = {"accounts": [account["id"]], "formats": ["csv"], "contents": ["city"]}
    export_id = data(own_house.operator.post("/api/exports", json=wanted), 202)["id"]
    [file] = data(own_house.viewer.get(f"/api/exports/{export_id}"))["of_files"]
    return {
        "account_id": account["id"],
        "competitor_id": competitors[0]["id"],
        "content": "media",
        "export_id": export_id,
        "file_id": file["id"],
        "batch_id": batch_id,
        "job_id": job["id"],
        "name": "stocks",
        "table_id": "stocks",
        "notification_id": 1,
        "address_id": 1,
        "column_id": 1,
        "alias_id": 1,
    }


@pytest.fixture(scope="module")
def bare_url() -> Iterator[str]:
    """Where the app is served at the root: what no path of Airflow's could be is asked of it, too."""
    with served(front().app) as url:
        yield url


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        opened.headers["authorization"] = "Bearer admin"
        yield opened


def test_the_description_names_every_refusal_and_how_to_log_in(schema: Any) -> None:
    described = schema.raw_schema
    assert described["security"] == [{"bearer": []}]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert {"401", "403", "503"} <= set(operation["responses"]), (method, path)


def test_whatever_is_sent_is_answered_as_described(
    bare_url: str, schema: Any, there: dict[str, Any], session: requests.Session
) -> None:
    failures: list[str] = []
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 30
    # What removes things comes last.
    for operation in sorted(operations, key=lambda each: each.method.upper() == "DELETE"):
        try:
            tried(operation, there, bare_url, session)
        except* Exception as faults:
            failures += [f"{operation.label}: {fault!r}: {fault}" for fault in faults.exceptions]
    assert failures == [], "\n\n".join(failures)


def tried(operation: Any, there: dict[str, Any], url: str, session: requests.Session) -> None:
    """Send some requests to an operation; raises on the first answer that is not as described."""
    # A stream of events lasts as long as it is asked to.
    fixed = {"query": {"seconds": 0}} if operation.path.endswith("/events") else {}
    cases = [operation.as_strategy(mode, **fixed) for mode in GenerationMode]
    names = [parameter.name for parameter in operation.path_parameters]
    if names:
        cases.append(operation.as_strategy(path_parameters={name: there[name] for name in names}, **fixed))

    @settings(
        max_examples=EXAMPLES * len(cases),
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(cases))
    def each(case: Any) -> None:
        case.call_and_validate(base_url=url, session=session, checks=CHECKS, timeout=30)

    each()
