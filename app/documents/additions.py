"""What a signing program may add to our document: signatures, what holds and shows them, and evidence.

These are the library's rules, with harmless changes that it refuses. Each of those belongs to a new signature.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    Reference,
)
from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    CatalogModificationRule,
    FormUpdate,
    FormUpdatingRule,
    ModificationLevel,
    QualifiedWhitelistRule,
    ReferenceUpdate,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.commons import compare_dicts, compare_key_refs, qualify_transforming
from pyhanko.sign.diff_analysis.constants import ROOT_EXEMPT_STRICT_COMPARISON
from pyhanko.sign.diff_analysis.rules_api import Context
from pyhanko.sign.fields import enumerate_sig_fields

DEEPEST = 10
"""Levels of a tree of numbers; our own document's has one."""


class FormRule(FormUpdatingRule):
    """Lets the first signature add the form that it is in: the library's own rule accepts later signatures only."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        if "/AcroForm" not in old.root:
            # As if our document had an empty form: additions to it are then judged as in any other.
            empty = {NameObject("/Fields"): ArrayObject()}
            old.root["/AcroForm"] = DictionaryObject(empty)  # type: ignore[no-untyped-call]  # The library's lack.
        form = value_of(new.root, "/AcroForm", {})
        _require(value_of(form, "/Type", "/AcroForm") == "/AcroForm", "the form is of another type")
        _require(value_of(form, "/CO", []) == [], "fields are calculated")
        _require(not value_of(form, "/NeedAppearances", False), "readers draw the fields themselves")
        yield from qualify_transforming(
            ModificationLevel.LTA_UPDATES,
            compare_key_refs("/CO", old, old.root["/AcroForm"], form),
            transform=FormUpdate.curry_ref(field_name=None),
        )
        for widget in _widgets(new) - _widgets(old):
            shown: Any = widget.get_object()
            _require(value_of(shown, "/Subtype", "/Widget") == "/Widget", "a field is another kind of annotation")
            _require(not {"/A", "/AA"} & shown.keys(), "a field has an action")
        yield from super().apply(old, new)


class CertificationRule(QualifiedWhitelistRule):
    """Lets the first signature certify the document: the catalogue names it (ISO 32000-1 §12.8.2.2, §12.8.4)."""

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        place = Context.from_absolute(old, RawPdfPath("/Root", "/Perms"))
        after: Any
        before, after = yield from qualify_transforming(
            ModificationLevel.LTA_UPDATES,
            compare_key_refs("/Perms", old, old.root, new.root),
            transform=ReferenceUpdate.curry_ref(context_checked=place),
        )
        if before is not None:
            compare_dicts(before, after)
        elif after is not None:
            _require(isinstance(after, DictionaryObject) and after.keys() == {"/DocMDP"}, "rights of another kind")
            _require(not _signatures(old), "only the first signature certifies")
            _require(after.get_value_as_reference("/DocMDP") in _signatures(new), "the rights name no signature")
            methods = [
                value_of(each.get_object(), "/TransformMethod") for each in _items(after["/DocMDP"], "/Reference")
            ]
            _require(methods == ["/DocMDP"], "the signature does not certify")
        for signature in _signatures(new) - _signatures(old):
            met = set[Reference]()
            for method in _items(signature.get_object(), "/Reference", met):
                for each in (method, *_items(method.get_object(), "/TransformParams")):
                    met |= {each.reference} if isinstance(each, IndirectObject) else set()
            yield from _approved(met, old)


class StructureRule(QualifiedWhitelistRule):
    """Lets a signature's widget be tagged by an element `Form` (ISO 14289-1 §7.18.1, §7.18.4)."""

    def apply_qualified(
        self, old: HistoricalResolver, new: HistoricalResolver
    ) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        tree = old.root.get_value_as_reference("/StructTreeRoot")
        widgets = _widgets(new) - _widgets(old)
        parents, updates, elements = set[Reference](), set[Reference](), set[Reference]()
        for parent in _rewritten(old, new):
            before, after = old(parent), new(parent)
            if parent == tree:
                compare_dicts(before, after, frozenset({"/K", "/ParentTree", "/ParentTreeNextKey"}))
            elif isinstance(before, DictionaryObject) and value_of(before, "/Type") == "/StructElem":
                compare_dicts(before, after, frozenset({"/K"}))
            else:
                continue
            parents.add(parent)
            kids = _items(after, "/K", updates)
            added = [kid for kid in kids if isinstance(kid, IndirectObject) and old.is_ref_unassignable(kid.reference)]
            _require(
                [kid for kid in kids if kid not in added] == _items(before, "/K"), "elements were moved or removed"
            )
            for element in added:
                _check_element(element, parent, widgets, updates)
            elements |= {element.reference for element in added}
        if tree in parents:
            _check_numbers(old(tree), new(tree), elements, updates)
        yield from _approved(updates, old, *parents)


def _approved(
    updates: set[Reference], old: HistoricalResolver, *known: Reference
) -> Iterator[tuple[ModificationLevel, ReferenceUpdate]]:
    """Approve new objects, and those of the old revision that are known to have been checked."""
    checked = {ref for ref in updates if old.is_ref_unassignable(ref)} | set(known)
    yield from ((ModificationLevel.LTA_UPDATES, ReferenceUpdate(ref)) for ref in checked)


def _rewritten(old: HistoricalResolver, new: HistoricalResolver) -> set[Reference]:
    """The objects of the old revision that have been written again since."""
    revisions = range(old.revision + 1, new.revision + 1)
    written = (ref for revision in revisions for ref in new.reader.xrefs.explicit_refs_in_revision(revision))
    return {ref for ref in written if not old.is_ref_unassignable(ref)}


def value_of(holder: Any, key: str, default: Any = None) -> Any:
    """The value of that key, where a reference leads; the library's own `get` returns the reference."""
    try:
        return holder[key]
    except KeyError:
        return default


def _items(holder: Any, key: str, met: set[Reference] | None = None) -> list[Any]:
    """The value, or the items of an array, without following references; adds references to arrays to `met`."""
    value = holder.raw_get(key) if key in holder else ArrayObject()
    array = value.get_object()
    if isinstance(value, IndirectObject) and isinstance(array, ArrayObject) and met is not None:
        met.add(value.reference)
    return list(array) if isinstance(array, ArrayObject) else [value]


def _check_element(element: Any, parent: Reference, widgets: set[Reference], met: set[Reference]) -> None:
    """Check that a new element is a `Form` with nothing but the widget of a new signature."""
    met.add(element.reference)
    described = element.get_object()
    known = {"/Type", "/S", "/P", "/K", "/Pg", "/T", "/Alt", "/Lang"}
    _require(isinstance(described, DictionaryObject) and described.keys() <= known, "an element has other properties")
    _require(value_of(described, "/Type", "/StructElem") == "/StructElem", "an element is of another type")
    _require(value_of(described, "/S") == "/Form", "an element is no form")
    _require(described.get_value_as_reference("/P") == parent, "an element has another parent")
    (kid,) = _items(described, "/K", met)
    if isinstance(kid, IndirectObject):
        met.add(kid.reference)
    shown = kid.get_object()
    _require(isinstance(shown, DictionaryObject) and shown.keys() <= {"/Type", "/Obj", "/Pg"}, "an element has text")
    _require(value_of(shown, "/Type") == "/OBJR", "an element has text")
    _require(shown.get_value_as_reference("/Obj") in widgets, "an element is of no new signature")


def _check_numbers(
    before: DictionaryObject, after: DictionaryObject, elements: set[Reference], met: set[Reference]
) -> None:
    """Check that the numbers of widgets were added to the parent tree, and that all others are as they were."""
    old, new = dict(_numbers(before, "/ParentTree", set())), dict(_numbers(after, "/ParentTree", met))
    _require({number: new.get(number) for number in old} == old, "the parents of content were changed")
    added = [new[number] for number in new.keys() - old.keys()]
    _require(all(isinstance(each, IndirectObject) and each.reference in elements for each in added), "other parents")
    _require(
        value_of(after, "/ParentTreeNextKey", 0) >= value_of(before, "/ParentTreeNextKey", 0), "numbers are used again"
    )


def _numbers(holder: DictionaryObject, key: str, met: set[Reference], depth: int = 0) -> Iterator[tuple[int, Any]]:
    """The pairs in a tree of numbers (ISO 32000-1 §7.9.7), in order."""
    _require(depth < DEEPEST, "the tree is too deep")
    for node in _items(holder, key, met):
        if isinstance(node, IndirectObject):
            met.add(node.reference)
        inner = node.get_object()
        _require(isinstance(inner, DictionaryObject) and inner.keys() <= {"/Nums", "/Kids", "/Limits"}, "no tree")
        pairs = _items(inner, "/Nums", met)
        yield from zip(pairs[::2], pairs[1::2], strict=True)
        yield from _numbers(inner, "/Kids", met, depth + 1)


def _signatures(revision: HistoricalResolver) -> set[Reference]:
    """The signatures in fields."""
    fields = enumerate_sig_fields(revision, filled_status=True)
    return {field.get_object().get_value_as_reference("/V") for _, _, field in fields}


def _widgets(revision: HistoricalResolver) -> set[Reference]:
    """The fields of signatures and, where they are apart, what shows them on a page."""
    fields = [field for _, _, field in enumerate_sig_fields(revision)]
    kids = [kid for field in fields for kid in value_of(field.get_object(), "/Kids", ())]
    return {getattr(each, "reference", each) for each in (*fields, *kids)}


def _require(holds: bool, reason: str) -> None:
    """Raises SuspiciousModification with the reason, for the log."""
    if not holds:
        raise SuspiciousModification(reason)


SIGNING_ALONE = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(ROOT_EXEMPT_STRICT_COMPARISON | {"/Perms"}),  # type: ignore[no-untyped-call]  # As above.
        *(rule for rule in DEFAULT_DIFF_POLICY.global_rules if not isinstance(rule, CatalogModificationRule)),
        CertificationRule(),
        StructureRule(),
    ],
    form_rule=FormRule(
        [
            # A certification lets others sign, visibly too (ISO 32000-1 Table 254), unless it forbids every change.
            SigFieldCreationRule(allow_new_visible_after_certify=True),  # type: ignore[no-untyped-call]  # As above.
            SigFieldModificationRule(),
        ],
        ignored_acroform_keys={"/Type", "/Fields", "/SigFlags", "/DR", "/DA", "/CO", "/NeedAppearances"},
    ),
)
