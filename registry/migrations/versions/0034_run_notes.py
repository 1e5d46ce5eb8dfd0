"""run_notes"""

import sqlalchemy as sa
from alembic import op

import registry.db

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('run') as batch:
        batch.add_column(sa.Column('notes', registry.db.JSONValue, nullable=False, server_default='[]'))
    with op.batch_alter_table('run') as batch:
        batch.alter_column('notes', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('run') as batch:
        batch.drop_column('notes')
