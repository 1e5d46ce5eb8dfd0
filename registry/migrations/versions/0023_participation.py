"""participation"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

FROM_BEFORE = '2026-11-24 00:00:00.000000+00:00'
# When acts that were entered before this version count as entered.

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The same act twice without a day says nothing more than once.
    op.execute(
        'DELETE FROM participation WHERE "on" IS NULL AND id NOT IN '
        '(SELECT min(id) FROM participation WHERE "on" IS NULL GROUP BY state, instrument, act)'
    )
    with op.batch_alter_table('participation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('created_at', registry.db.UTCDateTime(timezone=True), nullable=False, server_default=FROM_BEFORE))
        batch_op.add_column(sa.Column('updated_at', registry.db.UTCDateTime(timezone=True), nullable=False, server_default=FROM_BEFORE))
        batch_op.add_column(sa.Column('reservation', sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('checked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('checked_at', registry.db.UTCDateTime(timezone=True), nullable=True))
        batch_op.create_index('uq_participation_undated', ['state', 'instrument', 'act'], unique=True, sqlite_where=sa.text('"on" IS NULL'), postgresql_where=sa.text('"on" IS NULL'))
        batch_op.create_foreign_key(batch_op.f('fk_participation_checked_by_user_account'), 'user_account', ['checked_by'], ['id'])



def downgrade() -> None:
    with op.batch_alter_table('participation', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_participation_checked_by_user_account'), type_='foreignkey')
        batch_op.drop_index('uq_participation_undated', sqlite_where=sa.text('"on" IS NULL'), postgresql_where=sa.text('"on" IS NULL'))
        batch_op.drop_column('checked_at')
        batch_op.drop_column('checked_by')
        batch_op.drop_column('reservation')
        batch_op.drop_column('updated_at')
        batch_op.drop_column('created_at')
        batch_op.drop_column('version')

