/// The Python files of an installation, as Alembic and pip write them.
enum PythonText {
    static let package = "def serve(host: str = \"0.0.0.0\", port: int = 8080): ...\n"
    static let environment = "from alembic import context\n\ntarget_metadata = None\n"

    static func metadata(_ version: Version) -> String {
        """
        Metadata-Version: 2.4
        Name: open-webui
        Version: \(version)
        Summary: Open WebUI
        Requires-Python: <3.13.0a1,>=3.11

        """
    }

    /// A revision file in Alembic's usual form.
    static func migration(_ revision: Revision, after parent: String?) -> String {
        """
        \"\"\"\(revision.title)

        Revision ID: \(revision.id)
        Revises: \(parent ?? "")
        Create Date: \(revision.created) 00:00:00.000000

        \"\"\"

        from typing import Sequence, Union

        from alembic import op
        import sqlalchemy as sa

        # revision identifiers, used by Alembic.
        revision: str = "\(revision.id)"
        down_revision: Union[str, None] = \(parent.map { "\"\($0)\"" } ?? "None")
        branch_labels: Union[str, Sequence[str], None] = None
        depends_on: Union[str, Sequence[str], None] = None


        def upgrade() -> None:
            pass


        def downgrade() -> None:
            pass

        """
    }
}
