"""Why a run or a record did not go through: code → what it means. docs/sync.md is compared with these tables."""

RUN_REASONS: dict[str, str] = {
    "address": "The address may not be fetched from, or is not a valid one.",
    "connection": "No connection, or the server broke it off before it answered.",
    "tls": "The secure connection failed: an invalid certificate, usually.",
    "timeout": "The server or the whole download took too long.",
    "redirects": "The server sent us on too many times.",
    "http_status": "The server answered with something else than 200 or 304.",
    "cut_body": "The connection broke in the middle of the body.",
    "empty_body": "The server answered 200 without a body.",
    "too_large": "The body is larger than CASA_FETCH_MAX_BYTES.",
    "empty": "The file is empty.",
    "compressed": "The file is an archive.",
    "html": "A web page came instead of data.",
    "not_xml": "The file is not XML.",
    "encoding": "The text's or the transfer's encoding is not what it is said to be.",
    "doctype": "The file declares a DOCTYPE.",
    "truncated": "The file breaks off.",
    "not_well_formed": "The XML is broken.",
    "not_activities": "The document is something else than IATI activities.",
    "not_table": "The file is no table of the kind that was expected.",
    "columns": "The table lacks a column that was declared, or all that say anything of programmes.",
    "sheet": "The workbook has no sheet of the name that was declared.",
    "oversize": "The file holds a single text or a nesting too large to read.",
    "pages": "The document's pages do not come to an end, or lead to another server.",
    "cancelled": "A person stopped the run; what was applied before stays.",
    "abandoned": "The process that ran it ended without a word; the next run goes on from what was applied.",
    "internal": "An error of this registry; the log has the details.",
    "unchanged": "The document is the same as the last one applied.",
    "brake": "More records went missing than is plausible; none of them was aged. A person decides.",
}
"""Run.reason_code → meaning. `unchanged` and `brake` stand on runs that succeeded."""

RECORD_REASONS: dict[str, str] = {
    "duplicate_identifier": "The identifier stands in the same file already.",
    "identifier": "The identifier is too long to be one.",
    "row": "The row cannot be read, or has cells beyond the table's columns.",
    "oversize": "Larger than 4 MB, more than 20,000 elements, or nested more than 40 deep.",
    "no_text": "Neither a title nor a description.",
    "date": "An activity date that is no day of the calendar.",
    "amount": "An amount that is no number, or out of all proportion.",
    "unreadable": "The reader failed on it.",
    "not_storable": "The database did not take it.",
    "not_relevant": "Not about small arms, as far as codes and words tell (feed scope `relevant`).",
    "verdict": "A person decided that it does not belong here.",
    "warnings": "Kept, but for optional parts that did not fit.",
}
"""FeedRecord.reason_code → meaning. The first nine are for quarantined records, then ignored, then applied ones."""
