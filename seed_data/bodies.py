"""The demonstration's organisations: invented, none of them exists."""

from typing import NamedTuple


class Body(NamedTuple):
    """Name, acronym, IATI OrganisationType, part in the demonstration, State of its seat, what it says of itself, its themes."""

    name: str
    acronym: str | None
    kind: str
    role: str
    state: str | None
    about: str
    focus: str = ""
    """Theme ids; none: all."""

    @property
    def gives(self) -> bool:
        return self.role == "donor"


BODIES = [
    Body("Meridian Fund for Arms Control", "MFAC", "15", "donor", None, "A pooled fund of several givers; decides on proposals four times a year and publishes what it pays as IATI 2.03."),
    Body("Littoral Development Agency", "LDA", "10", "donor", None, "A bilateral agency that counts small-arms control among its work on safe communities; publishes IATI 1.05.", "awareness collection law_enforcement gender"),
    Body("Northern Lights Foundation for Peace", None, "60", "donor", None, "A private foundation; small grants for women’s and youth groups that work against armed violence.", "gender awareness collection"),
    Body("Concordia Cooperation Ministry", None, "10", "donor", None, "A ministry that pays for law reform and for national commissions.", "legislation national_commission brokering transfer_controls"),
    Body("Harbour States Trust Facility", "HSTF", "40", "donor", None, "A trust facility of coastal States for customs, ports and border control.", "border_control transfer_controls end_user law_enforcement"),
    Body("Alpine Security Assistance", None, "10", "donor", None, "Gives equipment and trainers for stockpiles of weapons and ammunition.", "stockpile_mgmt ammunition physical_security"),
    Body("Isthmus Peace Fund", "IPF", "15", "donor", None, "Pays for collection and destruction of weapons together with community projects.", "collection destruction ddr surplus_disposal"),
    Body("Eastern Rivers Cooperation", None, "10", "donor", None, "Supports registers, marking and tracing in neighbouring regions.", "record_keeping marking tracing"),
    Body("Evergreen Philanthropy", None, "60", "donor", None, "Funds surveys, observatories and open data on armed violence.", "data_research gender national_commission"),
    Body("Delta Regional Bank for Security", "DRBS", "40", "donor", None, "Lends and gives for armouries, depots and border posts.", "physical_security ammunition border_control stockpile_mgmt"),
    Body("Clear Ground Technical Centre", "CGTC", "21", "agency", "KEN", "Engineers and armourers who mark, count and destroy weapons with the services that hold them.", "marking stockpile_mgmt destruction"),
    Body("Safe Stores International", "SSI", "21", "agency", "GHA", "Builds and refurbishes armouries and trains those who keep them.", "physical_security stockpile_mgmt"),
    Body("Institute for Tracing Studies", "ITS", "80", "agency", "SEN", "Teaches investigators how weapons are identified and traced.", "tracing law_enforcement"),
    Body("Plumb Line Advisory Service", None, "21", "agency", "JOR", "Advises on transfer licences, end-user certificates and brokering.", "transfer_controls end_user brokering"),
    Body("Former Peacekeepers for Disarmament", None, "22", "agency", "NPL", "Retired officers who advise disarmament programmes on the handling of weapons.", "ddr collection"),
    Body("Women’s Network on Armed Violence", "WNAV", "22", "agency", "COL", "Links women’s groups that record and prevent armed violence.", "gender awareness data_research"),
    Body("Gulf of Palms Light Weapons Centre", "GPLC", "40", "agency", "TGO", "An intergovernmental centre for harmonised laws and joint training.", "legislation national_commission tracing"),
    Body("Three Lakes Light Weapons Centre", "TLLC", "40", "agency", "RWA", "An intergovernmental centre for marking, registers and joint border patrols.", "marking record_keeping border_control"),
    Body("Cordillera Centre for Arms Control", "CCAC", "40", "agency", "PER", "An intergovernmental centre for law enforcement training and weapons destruction.", "law_enforcement destruction"),
    Body("Borderlands Research Group", None, "80", "agency", "TUN", "Studies smuggling routes together with those who live beside them.", "border_control data_research"),
    Body("Youth without Guns", None, "22", "agency", "SLV", "Young people who work in schools and on market days against armed violence.", "awareness gender"),
    Body("Ordnance Safety Trust", "OST", "21", "agency", "MDA", "Inspects ammunition depots and trains technicians.", "ammunition surplus_disposal"),
    Body("Register and Record Systems", "RRS", "70", "agency", "EST", "Writes and installs registers of weapons and licences.", "record_keeping"),
    Body("Legal Aid for Arms Control", "LAAC", "21", "agency", "CRI", "Drafts laws and regulations beside the drafters of ministries.", "legislation brokering"),
    Body("Island Customs Academy", "ICA", "80", "agency", "JAM", "Trains customs officers of small islands.", "border_control end_user"),
    Body("Coral Coast Policing Forum", None, "23", "agency", "FJI", "Brings police and communities of islands together.", "awareness law_enforcement"),
    Body("Steppe Demilitarization Company", "SDC", "70", "agency", "KAZ", "Takes ammunition and weapons apart and certifies what was destroyed.", "destruction surplus_disposal ammunition"),
    Body("Sahel Community Dialogue", "DCS", "22", "agency", "MLI", "Mediates between communities that have armed themselves.", "collection ddr"),
    Body("Archive of Small Arms Data", "ASAD", "80", "agency", "CHE", "Collects figures on weapons and violence and makes them comparable.", "data_research"),
    Body("Mediators’ Guild", None, "22", "agency", "LBN", "Trains mediators for disarmament and for community violence reduction.", "ddr awareness"),
]  # fmt: skip
DONORS = [number for number, body in enumerate(BODIES) if body.gives]
AGENCIES = [number for number, body in enumerate(BODIES) if not body.gives]


def identifier(number: int) -> str:
    """The identifier by which feeds name a body; ZZ is no country's code."""
    return f"ZZ-DEMO-{number + 1:02d}"
