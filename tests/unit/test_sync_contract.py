"""What every adapter must hold to: one test over all, with documents of the same kinds for each."""

import gc
import pickle
import tracemalloc
from pathlib import Path

import pytest

from registry.errors import InvalidInput
from registry.json_text import dumps
from registry.sync.adapters import ADAPTERS
from registry.sync.adapters.contract import Adapter, DocumentRefused, Piece, Reader, Record, RecordFault
from registry.sync.reasons import RECORD_REASONS, RUN_REASONS
from registry.sync.rules import content_key
from registry.sync.targets import TARGETS
from tests.support.adapters import SAMPLES
from tests.support.adapters.kinds import HOSTILE, RECORDS, Samples
from tests.support.iati import no_tick, write

adapters = pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=list(ADAPTERS))


def reader_of(adapter: Adapter) -> tuple[Reader, Samples]:
    samples = SAMPLES[adapter.name]
    return adapter.bind(samples.config), samples


def pieces(reader: Reader, path: Path, rows: int = 500) -> list[tuple[str, str, str | None]]:
    """(identifier, hash, fault) of every record."""
    return [
        (piece.remote_id, piece.sha256, piece.fault.code if piece.fault else None)
        for batch in reader.split(path, rows, no_tick)
        for piece in batch
    ]


def outcome(reader: Reader, piece: Piece) -> Record | str:
    """The record, or why there is none."""
    try:
        if piece.fault:
            raise piece.fault
        return reader.read(piece)
    except RecordFault as fault:
        assert fault.code in RECORD_REASONS and fault.reason
        return fault.code


def outcomes(reader: Reader, path: Path) -> list[Record | str]:
    reader.verify(path, no_tick)
    return [outcome(reader, piece) for batch in reader.split(path, 3, no_tick) for piece in batch]


@adapters
def test_a_whole_document_is_proved_and_split_into_all_of_its_records(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    path = write(tmp_path, samples.good(RECORDS))
    seen: list[int] = []
    reader.verify(path, seen.append)
    assert seen[-1] == path.stat().st_size and seen == sorted(seen)
    seen.clear()
    found = []
    for batch in reader.split(path, 3, seen.append):
        assert 1 <= len(batch) <= 3
        for piece in batch:
            found.append((piece.remote_id, piece.sha256, piece.fault and piece.fault.code))
            assert 0 < len(reader.fragment(piece)) <= 4000
            record = reader.read(piece)
            assert record.title and record.warnings == [] and record.document
    assert seen[-1] == path.stat().st_size and seen == sorted(seen)
    assert len({remote for remote, _, _ in found}) == len({sha for _, sha, _ in found}) == RECORDS
    assert pieces(reader, path) == found, "identity and hash do not depend on batches or time"
    again = adapter.bind(samples.config)
    assert pieces(again, path, 1) == found, "nor on the reader"


@adapters
def test_reading_twice_gives_equal_documents_that_can_be_stored(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    path = write(tmp_path, samples.good(RECORDS))
    first, second = ([dumps(r.document) for r in outcomes(reader, path) if isinstance(r, Record)] for _ in range(2))
    assert first == second and len(first) == RECORDS


def contents(reader: Reader, path: Path) -> list[tuple[str, str]]:
    """(identifier, what it says) of every record."""
    read = [
        (piece.remote_id, reader.read(piece).document) for batch in reader.split(path, 500, no_tick) for piece in batch
    ]
    return [(remote, content_key("how", dumps(said), said.get("last_updated"))) for remote, said in read]


@adapters
def test_layout_does_not_count_but_content_does(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    good = contents(reader, write(tmp_path, samples.good(RECORDS), "a"))
    reader.verify(write(tmp_path, samples.reordered, "b"), no_tick)
    assert sorted(contents(reader, tmp_path / "b")) == sorted(good)
    changed = contents(reader, write(tmp_path, samples.changed, "c"))
    assert [remote for remote, _ in changed] == [remote for remote, _ in good]
    assert [a[1] == b[1] for a, b in zip(good, changed, strict=True)] == [True, True, False, True, True, True, True]
    prints = [[piece[1] for piece in pieces(reader, tmp_path / name)] for name in ("a", "c")]
    assert [a == b for a, b in zip(*prints, strict=True)] == [True, True, False, True, True, True, True]


@adapters
def test_pieces_can_be_read_in_another_process(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    (batch,) = reader.split(write(tmp_path, samples.good(RECORDS)), 500, no_tick)
    sent = pickle.loads(pickle.dumps(batch))
    assert [reader.read(piece) for piece in sent] == [reader.read(piece) for piece in batch]


@adapters
def test_what_is_no_document_is_refused_before_it_is_split(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    html = b"<!DOCTYPE html><html><body>Sign in</body></html>"
    others = {b"": None, b"  \n": None, b"nonsense": None, b"{}": None, html: "html", **samples.refused}
    for content, code in (*others.items(), *((content, None) for content in samples.broken_off)):
        with pytest.raises(DocumentRefused) as caught:
            reader.verify(write(tmp_path, content), no_tick)
        assert caught.value.code in RUN_REASONS and str(caught.value), content
        assert code is None or caught.value.code == code, content


@adapters
def test_an_empty_list_is_a_document_without_records(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    assert outcomes(reader, write(tmp_path, samples.empty)) == []


@adapters
def test_one_bad_record_stays_out_alone_with_its_reason(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    for code, content in samples.bad_third.items():
        found = outcomes(reader, write(tmp_path, content))
        assert [item for item in found if isinstance(item, str)] == [code] and found[2] == code
        assert len(found) == RECORDS
        for batch in reader.split(tmp_path / "file.xml", 500, no_tick):
            assert all(0 < len(reader.fragment(piece)) <= 4000 and len(piece.remote_id) <= 500 for piece in batch)


@adapters
def test_the_second_record_of_an_identifier_is_quarantined_under_a_name_of_its_own(
    adapter: Adapter, tmp_path: Path
) -> None:
    reader, samples = reader_of(adapter)
    found = pieces(reader, write(tmp_path, samples.duplicate))
    assert [fault for _, _, fault in found] == [None] * (RECORDS - 1) + ["duplicate_identifier"]
    assert found[-1][0] == f"{found[0][0]} [no. 2]"


@adapters
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_identifiers_and_texts_are_text(adapter: Adapter, text: str, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    (found,) = outcomes(reader, write(tmp_path, samples.hostile(text)))
    assert isinstance(found, Record)
    identifier, texts = samples.said(found.document)
    assert text in texts and text in identifier


@adapters
def test_characters_that_no_engine_stores_do_not_come_through(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)
    for content, code in samples.controls.items():
        if code:
            with pytest.raises(DocumentRefused) as caught:
                reader.verify(write(tmp_path, content), no_tick)
            assert caught.value.code == code
        else:
            (found,) = outcomes(reader, write(tmp_path, content))
            assert isinstance(found, Record)
            assert "\\u0000" not in dumps(found.document), "and what dumps takes is Unicode"


@adapters
def test_memory_does_not_grow_with_the_document(adapter: Adapter, tmp_path: Path) -> None:
    reader, samples = reader_of(adapter)

    def peak(count: int, keep: bool = False) -> int:
        kept: list[object] = []
        path = samples.large(tmp_path, count) if samples.large else write(tmp_path, samples.good(count))
        tracemalloc.start()
        reader.verify(path, no_tick)
        for batch in reader.split(path, 100, no_tick):
            for piece in batch:
                found = piece, outcome(reader, piece)
                if keep:
                    kept.append(found)
            gc.collect(1)  # when the collector comes by itself depends on what ran before
        peaked = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peaked

    peak(10)
    small = peak(200)
    assert peak(800) - small < (peak(800, keep=True) - small) / 3, "identifiers are kept, records are not"


@adapters
def test_what_is_read_otherwise_is_read_anew_and_unknown_settings_are_named(adapter: Adapter) -> None:
    samples = SAMPLES[adapter.name]
    assert adapter.reads_as({}) == adapter.version != adapter.reads_as({"language": "fr"})
    assert adapter.target in TARGETS and adapter.label and adapter.bind(samples.config)
    with pytest.raises(InvalidInput) as caught:
        adapter.bind({"colour": "red"})
    assert list(caught.value.fields) == ["config.colour"]
    for name, field in adapter.config().fields.items():
        assert field.metadata.get("label") or hasattr(field, "schema"), f"{name}: what do people see?"


def test_every_adapter_has_samples() -> None:
    assert SAMPLES.keys() == ADAPTERS.keys()
