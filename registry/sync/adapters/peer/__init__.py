"""Another registry: everything it hands to peers, then the changes from where it was left. See docs/federation.md.

Its programmes go by their number there; what they are and in which version is their origin's word, whoever hands it on.
"""

from registry.errors import N_
from registry.sync.adapters.contract import Adapter
from registry.sync.adapters.peer.following import follow
from registry.sync.adapters.peer.records import Records

ADAPTER = Adapter("peer", "1", N_("Another registry"), lambda _config: Records(), follow=follow)
