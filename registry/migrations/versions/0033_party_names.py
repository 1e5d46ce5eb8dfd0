"""party_names"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlmodel import Session

from registry.catalogue.reindexing import refill_names

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('programme_facet', sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=500), nullable=True))
    # What stands in stored documents, as rows.
    with Session(op.get_bind(), join_transaction_mode="create_savepoint") as session:
        refill_names(session)
        session.commit()


def downgrade() -> None:
    op.drop_column('programme_facet', 'name')
