"""reporting_mandates"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import registry.db

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reporting_mandate',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reported_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
    sa.Column('entered_at', registry.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('entered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('revoked_at', registry.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('organisation_id <> reported_id', name=op.f('ck_reporting_mandate_another')),
    sa.ForeignKeyConstraint(['entered_by'], ['user_account.id'], name=op.f('fk_reporting_mandate_entered_by_user_account')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisation.id'], name=op.f('fk_reporting_mandate_organisation_id_organisation')),
    sa.ForeignKeyConstraint(['reported_id'], ['organisation.id'], name=op.f('fk_reporting_mandate_reported_id_organisation')),
    sa.ForeignKeyConstraint(['revoked_by'], ['user_account.id'], name=op.f('fk_reporting_mandate_revoked_by_user_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reporting_mandate')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('reporting_mandate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reporting_mandate_organisation_id'), ['organisation_id'], unique=False)
    # Who entered the records of before is not on their rows: they count as anybody's until their reporter changes them.
    op.add_column('programme', sa.Column('by_reporter', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('programme', schema=None) as batch_op:
        batch_op.drop_column('by_reporter')
    op.drop_table('reporting_mandate')
